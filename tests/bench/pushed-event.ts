export interface PushedEvent {
  /** As the sender names them. */
  readonly person: string
  /** Where PDS knows them. */
  readonly known?: {
    readonly nhsNumber: string
    readonly family: string
    readonly given: readonly string[]
    readonly birthDate: string
  }
  readonly item: string
  /** ms since 1970: the source's time. */
  readonly at: number
}

/** A laboratory's result as a hospital would push it, with its person: some 2 KB. */
export function eventOf({ person, known, item, at }: PushedEvent): string {
  const time = new Date(at).toISOString()
  return JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    timestamp: time,
    entry: [
      {
        resource: {
          resourceType: 'Patient',
          id: person,
          meta: { lastUpdated: '2026-01-01T00:00:00Z' },
          ...(known && {
            identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: known.nhsNumber }]
          }),
          name: [{ use: 'official', family: known?.family ?? 'Bench', given: known?.given ?? ['Person'] }],
          birthDate: known?.birthDate ?? '1950-01-01'
        },
        request: { method: 'PUT', url: `Patient/${person}` }
      },
      { resource: resultOf(person, item, time), request: { method: 'PUT', url: `Observation/${item}` } }
    ]
  })
}

const resultOf = (person: string, item: string, time: string) => ({
  resourceType: 'Observation',
  id: item,
  meta: { lastUpdated: time, versionId: '1' },
  status: 'final',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] }
  ],
  code: {
    coding: [{ system: 'http://snomed.info/sct', code: '1022541000000102', display: 'Haemoglobin level' }],
    text: `Haemoglobin level ${item}`
  },
  subject: { reference: `Patient/${person}` },
  effectiveDateTime: time,
  issued: time,
  valueQuantity: { value: 132, unit: 'g/L', system: 'http://unitsofmeasure.org', code: 'g/L' },
  interpretation: [
    {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code: 'N' }]
    }
  ],
  referenceRange: [
    {
      low: { value: 120, unit: 'g/L', system: 'http://unitsofmeasure.org', code: 'g/L' },
      high: { value: 150, unit: 'g/L', system: 'http://unitsofmeasure.org', code: 'g/L' },
      text: '120 to 150 g/L'
    }
  ],
  note: [{ text: 'The specimen came in time and in a good state. '.repeat(10).trim() }]
})
