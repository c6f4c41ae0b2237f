import { chesil, ukCoreExtension, ukCoreProfile } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, deadReferences, isDegraded, landed } from './asking.ts'
import { rareElements } from './rare-elements.ts'
import { allergy, bundle, condition, observation, patient, type Stu3, wholeRecord } from './stu3.ts'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(patient(), ...resources), asking()))
const only = (resource: Stu3, name: string, ...others: Stu3[]) => landed(map(resource, ...others), name)
const terminology = 'http://terminology.hl7.org/CodeSystem'
const ukCore = 'https://fhir.hl7.org.uk/CodeSystem'

test.each([
  ['a small record with one of everything', wholeRecord()],
  ['a record of rare elements', rareElements()]
])('%s maps to valid R4, whole, with every reference leading somewhere', (_, resources) => {
  const validator = createValidator()
  const contribution = contributionOf(structuredRecordToContribution(bundle(...resources), asking()))
  expect(contribution.entries).toHaveLength(
    resources.length + (resources.length === wholeRecord().length ? 1 : 0)
  )
  expect(contribution.quarantined).toEqual([])
  expect(deadReferences(contribution)).toEqual([])
  for (const { resource } of contribution.entries) {
    expect(resource && validator.validate(resource)).toEqual([])
    expect(isDegraded(resource ?? {})).toBe(false)
  }
})

const clinicalStatuses = [undefined, 'active', 'recurrence', 'inactive', 'remission', 'resolved', 'odd']
const verificationStatuses = [undefined, 'unknown', 'unconfirmed', 'confirmed', 'refuted', 'entered-in-error']

test('no statuses that go together badly make an allergy or a problem invalid', () => {
  const validator = createValidator()
  for (const clinicalStatus of clinicalStatuses) {
    for (const verificationStatus of verificationStatuses) {
      const statuses = { clinicalStatus, verificationStatus, abatementDateTime: '2020' }
      for (const { resource } of map(condition(statuses), allergy(statuses)).entries) {
        expect(resource && validator.validate(resource)).toEqual([])
      }
    }
  }
})

test('each resource names its UK Core profile and its source, and no version of the source’s', () => {
  const versioned = {
    meta: { versionId: '7', lastUpdated: '2026-01-01T00:00:00Z', profile: ['https://old'] }
  }
  const { meta } = only(observation(versioned), 'Observation/o1')
  expect(meta).toEqual({
    source: 'urn:nhs-uk:addressing:ods:A81001',
    profile: [ukCoreProfile('Observation')],
    tag: [
      { system: chesil.source, code: 'gp-high-street', display: 'High Street Surgery' },
      { system: chesil.section, code: 'uncategorised' }
    ]
  })
})

test('a label that keeps an item from the patient stays, in R4’s spelling', () => {
  const security = [
    {
      system: 'http://hl7.org/fhir/v3/ActCode',
      code: 'NOPAT',
      display: 'no disclosure to patient without attending provider authorisation'
    }
  ]
  expect(only(observation({ meta: { security } }), 'Observation/o1')['meta'].security).toEqual([
    { ...security[0], system: `${terminology}/v3-ActCode` }
  ])
})

test.each([
  ['http://hl7.org/fhir/v3/NullFlavor', `${terminology}/v3-NullFlavor`],
  ['http://hl7.org/fhir/v3/NullFlavor ', `${terminology}/v3-NullFlavor`],
  ['http://hl7.org/fhir/stu3/v3/ActCode', `${terminology}/v3-ActCode`],
  ['http://hl7.org/fhir/v2/0443', `${terminology}/v2-0443`],
  ['http://hl7.org/fhir/observation-category', `${terminology}/observation-category`],
  ['https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-SDSJobRoleName-1', `${ukCore}/UKCore-SDSJobRoleName`],
  ['http://snomed.info/sct', 'http://snomed.info/sct'],
  ['http://read.info/ctv3', 'http://read.info/ctv3'],
  ['https://fhir.hl7.org.uk/Id/multilex-drug-codes', 'https://fhir.hl7.org.uk/Id/multilex-drug-codes']
])('the code system %s is %s', (system, expected) => {
  const code = { coding: [{ system, code: 'x' }] }
  expect(only(observation({ code }), 'Observation/o1')['code'].coding[0].system).toBe(expected)
})

test.each([
  [
    'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-coding-sctdescid',
    'descriptionId',
    'descriptionDisplay'
  ],
  [
    'https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-coding-sctdescid',
    'DescriptionID',
    'DescriptionDisplay'
  ],
  [
    'http://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-coding-sctdecsid',
    'DescriptionID',
    'descriptionDisplay'
  ]
])(
  'every coding stays, with which the clinician picked and which term, as %s with %s',
  (url, id, display) => {
    const codings = [
      {
        system: 'http://read.info/readv2',
        code: '246..00',
        display: 'O/E - blood pressure',
        userSelected: true
      },
      { system: 'http://snomed.info/sct', version: '2026', code: '75367002', display: 'Blood pressure' }
    ]
    const extension = [
      {
        url,
        extension: [
          { url: id, valueId: '125176019' },
          { url: display, valueString: 'BP' }
        ]
      }
    ]
    const code = { coding: [codings[0], { ...codings[1], extension }], text: 'BP sitting' }
    expect(only(observation({ code }), 'Observation/o1')['code']).toEqual({
      coding: [
        codings[0],
        {
          extension: [
            { url: ukCoreExtension('CodingSCTDescDisplay'), valueString: 'BP' },
            { url: 'http://hl7.org/fhir/StructureDefinition/coding-sctdescid', valueId: '125176019' }
          ],
          ...codings[1]
        }
      ],
      text: 'BP sitting'
    })
  }
)
