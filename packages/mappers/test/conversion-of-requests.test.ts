import { ukCoreExtension } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, landed } from './asking.ts'
import {
  bundle,
  diaryEntry,
  immunisation,
  observation,
  organization,
  patient,
  practitioner,
  referral,
  report,
  type Stu3,
  snomed,
  specimen
} from './stu3.ts'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(patient(), ...resources), asking()))
const only = (resource: Stu3, name: string, ...others: Stu3[]) => landed(map(resource, ...others), name)
const terminology = 'http://terminology.hl7.org/CodeSystem'

test('a vaccination: when, by whom, which procedure, which dose', () => {
  const resource = only(
    immunisation({
      explanation: { reason: [snomed('171279008', 'Immunisation due')] },
      vaccinationProtocol: [
        {
          doseSequence: 1,
          seriesDoses: 3,
          targetDisease: [{ text: 'Hepatitis A' }],
          doseStatus: { coding: [{ display: 'Counts' }] }
        }
      ]
    }),
    'Immunization/i1',
    practitioner()
  )
  expect(resource).toMatchObject({
    extension: [
      {
        url: ukCoreExtension('VaccinationProcedure'),
        valueCodeableConcept: snomed('86198006', 'Influenza vaccination')
      }
    ],
    status: 'completed',
    occurrenceDateTime: '2025-10-06',
    recorded: '2025-10-06T14:00:00+01:00',
    performer: [
      {
        function: { coding: [{ system: `${terminology}/v2-0443`, code: 'AP' }] },
        actor: { reference: expect.stringMatching(/^Practitioner\//) }
      }
    ],
    reasonCode: [snomed('171279008', 'Immunisation due')],
    note: [{ text: 'Dose status: Counts' }],
    protocolApplied: [
      { targetDisease: [{ text: 'Hepatitis A' }], doseNumberPositiveInt: 1, seriesDosesPositiveInt: 3 }
    ]
  })
})

test.each(['reasonNotGiven', 'notGivenReason'])(
  'a vaccination that was not given says why, under %s',
  (element) => {
    const explanation = { [element]: [snomed('213257006', 'Generally unwell')] }
    expect(only(immunisation({ notGiven: true, explanation }), 'Immunization/i1')).toMatchObject({
      status: 'not-done',
      statusReason: snomed('213257006', 'Generally unwell')
    })
  }
)

test('a request keeps how often it is to be done, and whether only as needed', () => {
  const occurrenceTiming = { repeat: { frequency: 1, period: 3, periodUnit: 'mo' } }
  const request = { occurrenceDateTime: undefined, occurrenceTiming }
  expect(only(diaryEntry({ ...request, asNeededBoolean: true }), 'ProcedureRequest/1')).toMatchObject({
    occurrenceTiming,
    asNeededBoolean: true
  })
  const asNeededCodeableConcept = { text: 'if breathless' }
  const resource = only(diaryEntry({ ...request, asNeededCodeableConcept }), 'ProcedureRequest/1')
  expect(resource).toMatchObject({ asNeededCodeableConcept })
})

test('a diary entry and a referral become service requests', () => {
  const contribution = map(diaryEntry(), referral(), practitioner(), organization())
  expect(landed(contribution, 'ProcedureRequest/1')).toMatchObject({
    resourceType: 'ServiceRequest',
    extension: [
      {
        url: 'http://hl7.org/fhir/3.0/StructureDefinition/extension-ProcedureRequest.requester.onBehalfOf',
        valueReference: { reference: expect.stringMatching(/^Organization\//) }
      }
    ],
    intent: 'plan',
    occurrenceDateTime: '2026-09-01',
    requester: { reference: expect.stringMatching(/^Practitioner\//) }
  })
  expect(landed(contribution, 'ReferralRequest/1')).toMatchObject({
    resourceType: 'ServiceRequest',
    intent: 'order',
    priority: 'urgent',
    performer: [{ reference: expect.stringMatching(/^Organization\//) }],
    reasonCode: [snomed('308447003', 'Referral to physiotherapist')],
    note: [{ text: 'Stiff shoulder for three months' }]
  })
})

test.each([
  ['suspended', 'on-hold'],
  ['cancelled', 'revoked'],
  ['active', 'active'],
  ['unknown', 'unknown']
])('a request that is %s is %s in R4', (status, expected) => {
  expect(only(referral({ status }), 'ReferralRequest/1')['status']).toBe(expected)
})

test('a referral to several services has the first as its code, and the others as details', () => {
  const serviceRequested = [{ text: 'Physiotherapy' }, { text: 'Hydrotherapy' }]
  const identifier = [{ system: 'https://fhir.nhs.uk/Id/ubr-number', value: '1' }]
  expect(only(referral({ serviceRequested, identifier }), 'ReferralRequest/1')).toMatchObject({
    identifier: [{ system: 'https://fhir.nhs.uk/Id/UBRN', value: '1' }],
    code: { text: 'Physiotherapy' },
    orderDetail: [{ text: 'Hydrotherapy' }]
  })
})

test('a report: its category is one of several, its performer the actor, its diagnosis the conclusion', () => {
  const contribution = map(report(), specimen(), observation({ id: 'o2' }), organization())
  expect(landed(contribution, 'DiagnosticReport/d1')).toMatchObject({
    category: [{ coding: [{ system: `${terminology}/v2-0074`, code: 'LAB' }] }],
    performer: [{ reference: expect.stringMatching(/^Organization\//) }],
    specimen: [{ reference: expect.stringMatching(/^Specimen\//) }],
    result: [{ reference: expect.stringMatching(/^Observation\//) }],
    conclusionCode: [snomed('271649006', 'Normal')]
  })
})
