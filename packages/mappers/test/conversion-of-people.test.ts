import { ukCoreExtension } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, landed } from './asking.ts'
import { bundle, extensionUrl, location, organization, patient, type Stu3 } from './stu3.ts'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(patient(), ...resources), asking()))
const only = (resource: Stu3, name: string, ...others: Stu3[]) => landed(map(resource, ...others), name)
const terminology = 'http://terminology.hl7.org/CodeSystem'
const ukCore = 'https://fhir.hl7.org.uk/CodeSystem'

test.each([
  ['a date', { deceasedDateTime: '2026-01-01' }, true],
  ['a word', { deceasedBoolean: true }, true],
  ['that the person lives', { deceasedBoolean: false }, false]
])('a practice’s word of a death is marked as unconfirmed: %s', (_case, said, isMarked) => {
  const { entries } = contributionOf(structuredRecordToContribution(bundle(patient(said)), asking()))
  expect(entries[0]?.resource).toMatchObject(said)
  const status = JSON.stringify(entries[0]?.resource).includes('Informal - death notice')
  expect(status).toBe(isMarked)
})

const ethnicity = (system: string, code: string) => {
  const coding = [{ system, code, display: 'as recorded' }]
  const extension = [{ url: extensionUrl('EthnicCategory'), valueCodeableConcept: { coding } }]
  const mapped = structuredRecordToContribution(bundle(patient({ extension })), asking())
  return landed(contributionOf(mapped), 'Patient/p1')['extension'][0].valueCodeableConcept.coding
}

test.each([
  'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-EthnicCategory-1',
  'https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-EthnicCategory-1'
])('an ethnic category of %s is UK Core’s for England, where that has it', (system) => {
  const england = `${ukCore}/UKCore-EthnicCategoryEngland`
  expect(ethnicity(system, 'A')).toEqual([{ system: england, code: 'A', display: 'as recorded' }])
  expect(ethnicity(system, 'Z')).toEqual([{ system: england, code: 'Z', display: 'as recorded' }])
  expect(ethnicity(system, 'CE')).toEqual([{ system, code: 'CE', display: 'as recorded' }])
})

test('the person: NHS number with how it was verified, languages, interpreter', () => {
  const person = patient({
    identifier: [
      {
        ...(patient()['identifier'] as Stu3[])[0],
        extension: [
          {
            url: extensionUrl('NHSNumberVerificationStatus'),
            valueCodeableConcept: {
              coding: [
                { system: 'https://fhir.nhs.uk/CareConnect-NHSNumberVerificationStatus-1', code: '01' }
              ]
            }
          }
        ]
      }
    ],
    extension: [
      {
        url: extensionUrl('NHSCommunication'),
        extension: [
          {
            url: 'language',
            valueCodeableConcept: {
              coding: [
                {
                  system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-HumanLanguage-1',
                  code: 'gd',
                  display: 'Gaelic'
                }
              ]
            }
          },
          { url: 'preferred', valueBoolean: true },
          {
            url: 'modeOfCommunication',
            valueCodeableConcept: { coding: [{ code: 'RSP', display: 'Received spoken' }] }
          },
          {
            url: 'communicationProficiency',
            valueCodeableConcept: { coding: [{ code: 'E', display: 'Excellent' }] }
          },
          { url: 'interpreterRequired', valueBoolean: true }
        ]
      }
    ]
  })
  const { entries } = contributionOf(structuredRecordToContribution(bundle(person), asking()))
  expect(entries[0]?.resource).toMatchObject({
    extension: [
      { url: 'http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired', valueBoolean: true }
    ],
    identifier: [
      {
        extension: [
          {
            url: ukCoreExtension('NHSNumberVerificationStatus'),
            valueCodeableConcept: {
              coding: [{ system: `${ukCore}/UKCore-NHSNumberVerificationStatusEngland`, code: '01' }]
            }
          }
        ]
      }
    ],
    communication: [
      {
        extension: [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/patient-proficiency',
            extension: [
              {
                url: 'level',
                valueCoding: { system: `${terminology}/v3-LanguageAbilityProficiency`, code: 'E' }
              },
              { url: 'type', valueCoding: { system: `${terminology}/v3-LanguageAbilityMode`, code: 'RSP' } }
            ]
          }
        ],
        language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'gd' }] },
        preferred: true
      }
    ]
  })
})

test('an organisation without a name or a number says so, and has no home', () => {
  const resource = only(
    organization({
      name: undefined,
      identifier: undefined,
      address: [{ use: 'home', city: 'Poole' }, { use: 'home' }]
    }),
    'p1|Organization/surgery'
  )
  expect(resource).toMatchObject({ name: 'Not recorded' })
  expect(resource['address']).toEqual([{ city: 'Poole' }])
})

test('a place with a list for an address has its first', () => {
  const resource = only(location({ address: [{ city: 'Poole' }, { city: 'Wareham' }] }), 'p1|Location/branch')
  expect(resource['address']).toEqual({ city: 'Poole' })
})
