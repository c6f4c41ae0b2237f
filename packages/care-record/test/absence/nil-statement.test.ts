import { itemTags } from '@chesil/contracts'
import { chesil, type Resource, systems } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { findNilStatement } from '../../src/index.ts'

const patient = { reference: 'Patient/1' }
const snomed = (code: string) => ({ coding: [{ system: systems.snomed, code }] })
const allergy = (changes: object = {}): Resource =>
  ({ resourceType: 'AllergyIntolerance', patient, code: snomed('716186003'), ...changes }) as Resource

test.each<[string, Resource, object]>([
  ['no known allergy', allergy(), { section: 'allergies', reach: 'whole' }],
  [
    'an unconfirmed one, as every source sends it',
    allergy({ verificationStatus: { coding: [{ code: 'unconfirmed' }] } }),
    { section: 'allergies', reach: 'whole' }
  ],
  ['no known drug allergy', allergy({ code: snomed('409137002') }), { section: 'allergies', reach: 'part' }],
  [
    'an IPS code',
    allergy({ code: { coding: [{ system: systems.ipsAbsentUnknown, code: 'no-known-allergies' }] } }),
    { section: 'allergies', reach: 'whole' }
  ],
  [
    'both a whole and a part',
    allergy({ code: { coding: [...snomed('716186003').coding, ...snomed('409137002').coding] } }),
    { section: 'allergies', reach: 'part' }
  ],
  [
    'a Read code beside it',
    allergy({
      code: { coding: [...snomed('716186003').coding, { system: 'http://read.info/readv2', code: '1151.' }] }
    }),
    { section: 'allergies', reach: 'whole' }
  ],
  [
    'words that say so',
    allergy({ code: { ...snomed('716186003'), text: 'Patient has no known drug allergies.' } }),
    { section: 'allergies', reach: 'whole' }
  ],
  [
    'no known medicines',
    {
      resourceType: 'MedicationStatement',
      status: 'active',
      subject: patient,
      medicationCodeableConcept: snomed('787481004')
    },
    { section: 'medications', reach: 'whole' }
  ],
  [
    'no current problems',
    { resourceType: 'Condition', subject: patient, code: snomed('160245001') },
    { section: 'problems', reach: 'whole' }
  ],
  [
    'a list that is known to be nil',
    {
      resourceType: 'List',
      status: 'current',
      mode: 'snapshot',
      code: snomed('886921000000105'),
      emptyReason: { coding: [{ system: systems.listEmptyReason, code: 'nilknown' }] }
    },
    { section: 'allergies', reach: 'whole' }
  ]
])('%s states that there is none', (_case, resource, statement) => {
  expect(findNilStatement(resource)).toEqual(statement)
})

test.each<[string, Resource]>([
  ['an allergy', allergy({ code: snomed('294505008') })],
  ['text alone', allergy({ code: { text: 'No known allergies' } })],
  [
    'the code under another system',
    allergy({ code: { coding: [{ system: 'http://read.info/readv2', code: '716186003' }] } })
  ],
  [
    'a second code that says something else',
    allergy({ code: { coding: [...snomed('716186003').coding, ...snomed('294505008').coding] } })
  ],
  ['one that is refuted', allergy({ verificationStatus: { coding: [{ code: 'refuted' }] } })],
  [
    'one that is entered in error',
    allergy({ verificationStatus: { coding: [{ code: 'entered-in-error' }] } })
  ],
  ['one that is resolved', allergy({ clinicalStatus: { coding: [{ code: 'resolved' }] } })],
  [
    'one that could not be read',
    allergy({ meta: { tag: [{ system: chesil.itemTag, code: itemTags.degraded.code }] } })
  ],
  [
    'a problem with the code of allergies',
    { resourceType: 'Condition', subject: patient, code: snomed('716186003') }
  ],
  [
    'an empty list of GP Connect',
    {
      resourceType: 'List',
      status: 'current',
      mode: 'snapshot',
      code: snomed('886921000000105'),
      emptyReason: {
        coding: [
          {
            system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-ListEmptyReasonCode-1',
            code: 'no-content-recorded'
          }
        ]
      }
    }
  ],
  ['a hostile code', allergy({ code: snomed('constructor') })],
  ...['No known allergies except penicillin - anaphylaxis', 'Penicillin - not to be given', 'Penicillin'].map(
    (text): [string, Resource] => [`the words “${text}”`, allergy({ code: { ...snomed('716186003'), text } })]
  ),
  [
    'what its code displays',
    allergy({ code: { coding: [{ ...snomed('716186003').coding[0], display: 'Penicillin' }] } })
  ],
  [
    'a substance beside it',
    allergy({ code: { coding: [...snomed('716186003').coding, { system: systems.dmd, code: '764146007' }] } })
  ],
  ['a reaction', allergy({ reaction: [{ manifestation: [{ text: 'anaphylaxis' }], severity: 'severe' }] })],
  ['a high criticality', allergy({ criticality: 'high' })],
  ['a note', allergy({ note: [{ text: 'except penicillin' }] })],
  ...[{ status: 'completed' }, { status: 'active', effectivePeriod: { end: '2019-01-01' } }].map(
    (changes): [string, Resource] => [
      `no known medicines, ${JSON.stringify(changes)}`,
      {
        resourceType: 'MedicationStatement',
        subject: patient,
        medicationCodeableConcept: snomed('787481004'),
        ...changes
      } as Resource
    ]
  )
])('%s states no such thing', (_case, resource) => {
  expect(findNilStatement(resource)).toBeUndefined()
})
