/** People's answers to forms of PRSB's standards, as a council's system posts them. All of it is made up. */
type Item = Readonly<Record<string, unknown>>

/** Whom a form is about. */
export interface FormPerson {
  readonly nhsNumber: string
  readonly family: string
  readonly given: string
  /** YYYY-MM-DD */
  readonly birthDate: string
}

const linkIdOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
const said = (heading: string, valueString: string): Item => ({
  linkId: linkIdOf(heading),
  text: heading,
  answer: [{ valueString }]
})
const under = (heading: string, ...item: readonly Item[]): Item => ({
  linkId: linkIdOf(heading),
  text: heading,
  item
})
const record = (section: string, ...item: readonly Item[]): Item =>
  under(section, under(`${section} record entry`, ...item))

const items = {
  'About Me': [
    said('What is most important to me', 'My allotment and my cat'),
    said('How I communicate and how to communicate with me', 'Speak slowly, I lip-read'),
    said('Please do and please don’t', 'Please do knock before you come in'),
    said('Supported to write this by', 'Jo Bloggs, key worker')
  ],
  'Core Information Standard': [
    under(
      'Care and support plan',
      under('Needs, concerns or problems', said('Free text', 'Getting out of bed')),
      said('Date this plan was last updated', '2025-10-10')
    ),
    under(
      'Contingency/safety plans',
      said('Contingency plan name', 'If Ann is ill'),
      said('What should happen', 'Ring the night team')
    ),
    record('Alerts', said('Alert', 'Latex allergy')),
    record('Personal contacts', said('Name', 'Ann Marsh'), said('Relationship', 'Sister'))
  ],
  'Local Authority Information': [
    under('Local authority', said('Local authority name', 'A council')),
    record('Alerts', said('Alert', 'Two to visit: dog in the hall')),
    under(
      'Safeguarding',
      under('Safeguarding concerns', said('Safeguarding concerns', 'Money taken by a neighbour'))
    ),
    under('Primary support reason', said('Primary support reason', 'Social Support: Asylum seeker support')),
    record('Professional contacts', said('Name', 'Kim Lee'), said('Role', 'Social worker')),
    record(
      'Services and care',
      said('Social care package name', 'Home care'),
      said('Service start date', '2025-02-01')
    )
  ]
} as const satisfies Readonly<Record<string, readonly Item[]>>

export type CareForm = keyof typeof items
export const careForms = Object.keys(items) as readonly CareForm[]

/** A filled-in form with the person it is about, JSON. */
export const formJson = (
  form: CareForm,
  { nhsNumber, family, given, birthDate }: FormPerson,
  changes: Item = {}
): string =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'collection',
    entry: [
      {
        resource: {
          resourceType: 'Patient',
          id: 'p1',
          identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }],
          name: [{ family, given: [given] }],
          birthDate
        }
      },
      {
        resource: {
          resourceType: 'QuestionnaireResponse',
          identifier: { system: 'https://council.example/response', value: form },
          status: 'completed',
          subject: { reference: 'Patient/p1' },
          authored: '2025-11-20T10:00:00Z',
          item: items[form],
          ...changes
        }
      }
    ]
  })
