import { chesil, ukCoreExtension } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, landed } from './asking.ts'
import {
  bundle,
  extensionUrl,
  medication,
  order,
  organization,
  patient,
  plan,
  practitioner,
  prescriptionType,
  type Stu3,
  statement,
  to
} from './stu3.ts'

const map = (...resources: Stu3[]) =>
  contributionOf(structuredRecordToContribution(bundle(patient(), ...resources), asking()))
const only = (resource: Stu3, name: string, ...others: Stu3[]) => landed(map(resource, ...others), name)
const terminology = 'http://terminology.hl7.org/CodeSystem'
const ukCore = 'https://fhir.hl7.org.uk/CodeSystem'

test('a medicine: what was last issued, by whom it is prescribed, what it is based on', () => {
  const agency = 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-PrescribingAgency-1'
  const extension = (code: string) => [
    { url: extensionUrl('MedicationStatementLastIssueDate'), valueDateTime: '2026-03-01' },
    { url: extensionUrl('PrescribingAgency'), valueCodeableConcept: { coding: [{ system: agency, code }] } }
  ]
  const contribution = map(
    statement({ extension: extension('prescribed-at-gp-practice') }),
    plan(),
    medication()
  )
  const resource = landed(contribution, 'MedicationStatement/s1')
  expect(resource['extension'].slice(2)).toEqual([
    { url: ukCoreExtension('MedicationStatementLastIssueDate'), valueDateTime: '2026-03-01' },
    {
      url: ukCoreExtension('MedicationPrescribingOrganizationType'),
      valueCodeableConcept: {
        coding: [
          {
            system: `${ukCore}/UKCore-MedicationPrescribingOrganizationType`,
            code: 'prescribed-at-gp-practice'
          }
        ]
      }
    }
  ])
  expect(resource).toMatchObject({
    basedOn: [{ reference: `MedicationRequest/${landed(contribution, 'MedicationRequest/plan1')['id']}` }],
    medicationReference: { reference: `Medication/${landed(contribution, 'p1|Medication/m1')['id']}` },
    effectivePeriod: { start: '2026-03-01' },
    dosage: [{ text: 'One three times a day' }]
  })
  expect(resource).not.toHaveProperty('taken')
  const elsewhere = only(
    statement({ extension: extension('prescribed-by-previous-practice') }),
    'MedicationStatement/s1'
  )
  expect(elsewhere['extension'][3].valueCodeableConcept.coding[0].system).toBe(agency)
})

test('a plan: repeats, why and when its status changed, its type, its quantity in words, who asked for whom', () => {
  const resource = only(
    plan({
      extension: [
        prescriptionType('repeat'),
        {
          url: extensionUrl('MedicationRepeatInformation'),
          extension: [
            { url: 'numberOfRepeatPrescriptionsAllowed', valuePositiveInt: 6 },
            { url: 'numberOfRepeatPrescriptionsIssued', valuePositiveInt: 2 },
            { url: 'authorisationExpiryDate', valueDateTime: '2026-12-31' }
          ]
        },
        {
          url: extensionUrl('MedicationStatusReason'),
          extension: [
            { url: 'statusReason', valueCodeableConcept: { text: 'No longer needed' } },
            { url: 'statusChangeDate', valueDateTime: '2026-02-01T10:00:00+00:00' }
          ]
        }
      ],
      status: 'stopped',
      requester: { agent: to('Practitioner/dr'), onBehalfOf: to('Organization/surgery') },
      dispenseRequest: {
        quantity: { extension: [{ url: extensionUrl('MedicationQuantityText'), valueString: '2 op' }] },
        expectedSupplyDuration: { value: '28', unit: 'day', system: 'http://unitsofmeasure.org', code: ['d'] }
      }
    }),
    'MedicationRequest/plan1',
    practitioner(),
    organization()
  )
  expect(resource).toMatchObject({
    status: 'stopped',
    statusReason: { text: 'No longer needed' },
    intent: 'plan',
    requester: { reference: expect.stringMatching(/^Practitioner\//) },
    courseOfTherapyType: {
      coding: [
        { system: `${terminology}/medicationrequest-course-of-therapy`, code: 'continuous' },
        { system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-PrescriptionType-1', code: 'repeat' }
      ]
    },
    dispenseRequest: {
      quantity: { extension: [{ url: ukCoreExtension('MedicationQuantityText'), valueString: '2 op' }] },
      expectedSupplyDuration: { value: 28, unit: 'day', system: 'http://unitsofmeasure.org', code: 'd' }
    }
  })
  expect(resource['extension']).toEqual([
    {
      url: ukCoreExtension('MedicationRepeatInformation'),
      extension: [
        { url: 'numberOfPrescriptionsIssued', valueUnsignedInt: 2 },
        { url: 'authorisationExpiryDate', valueDateTime: '2026-12-31' }
      ]
    },
    { url: chesil.repeatsAllowed, valueUnsignedInt: 6 },
    {
      url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged',
      valueDateTime: '2026-02-01T10:00:00+00:00'
    },
    {
      url: 'http://hl7.org/fhir/3.0/StructureDefinition/extension-MedicationRequest.requester.onBehalfOf',
      valueReference: { reference: expect.stringMatching(/^Organization\//) }
    }
  ])
})

test.each([
  ['acute', 'acute'],
  ['acute-handwritten', 'acute'],
  ['repeat', 'continuous'],
  ['repeat-dispensing', 'continuous-repeating-dispensing'],
  ['delayed-prescribing', undefined]
])('the prescription type %s stands beside the course of therapy %s', (type, course) => {
  const { coding } = only(plan({ extension: [prescriptionType(type)] }), 'MedicationRequest/plan1')[
    'courseOfTherapyType'
  ]
  expect(coding.map(({ code }: { code: string }) => code)).toEqual(course ? [course, type] : [type])
})

test('an issue names its plan', () => {
  const contribution = map(plan(), order())
  expect(landed(contribution, 'MedicationRequest/order1')).toMatchObject({
    intent: 'order',
    basedOn: [{ reference: `MedicationRequest/${landed(contribution, 'MedicationRequest/plan1')['id']}` }]
  })
})

test('a dose stands under dose and rate, and when to take it is kept', () => {
  const dosageInstruction = [
    {
      text: '500 mg twice daily',
      timing: { repeat: { frequency: 2, period: 1, periodUnit: 'd', when: ['MORN', 'EVE'] } },
      doseQuantity: { value: 500, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' }
    }
  ]
  expect(only(plan({ dosageInstruction }), 'MedicationRequest/plan1')['dosageInstruction']).toEqual([
    {
      text: '500 mg twice daily',
      timing: { repeat: { frequency: 2, period: 1, periodUnit: 'd', when: ['MORN', 'EVE'] } },
      doseAndRate: [
        { doseQuantity: { value: 500, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' } }
      ]
    }
  ])
})

test('a dose of “more than” cannot be a dose, and is kept as text', () => {
  const resource = only(
    plan({
      dosageInstruction: [{ text: 'as directed', doseQuantity: { value: 5, comparator: '>', unit: 'ml' } }]
    }),
    'MedicationRequest/plan1'
  )
  expect(resource['dosageInstruction']).toEqual([{ text: 'as directed' }])
  expect(resource['note']).toEqual([{ text: 'Dose as sent: > 5 ml' }])
})

test('a dose of more or less than can be read is no dose, and is kept as text', () => {
  const doseQuantity = { value: '2.50', comparator: '~', unit: 'ml' }
  const resource = only(
    plan({ dosageInstruction: [{ text: 'as directed', doseQuantity }] }),
    'MedicationRequest/plan1'
  )
  expect(resource['dosageInstruction']).toEqual([{ text: 'as directed' }])
  expect(resource['note']).toEqual([{ text: 'Dose as sent: ~ 2.50 ml' }])
})

test('an amount that is more than something keeps its words', () => {
  const extension = [{ url: extensionUrl('MedicationQuantityText'), valueString: '2 op' }]
  const quantity = { extension, comparator: '>', value: 2, unit: 'op' }
  const resource = only(plan({ dispenseRequest: { quantity } }), 'MedicationRequest/plan1')
  expect(resource['dispenseRequest']).toEqual({
    quantity: { extension: [{ url: ukCoreExtension('MedicationQuantityText'), valueString: '2 op' }] }
  })
  expect(resource['note']).toEqual([{ text: 'Quantity as sent: > 2 op' }])
})
