import { extensionUrl, me, type Stu3, snomed, to } from './elements.ts'

export const medication = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Medication',
  id: 'm1',
  code: snomed('325521000', 'Amoxicillin 500mg capsules'),
  ...overrides
})

export const prescriptionType = (code: string) => ({
  url: extensionUrl('PrescriptionType'),
  valueCodeableConcept: {
    coding: [{ system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-PrescriptionType-1', code }]
  }
})

export const plan = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'MedicationRequest',
  id: 'plan1',
  extension: [prescriptionType('acute')],
  status: 'active',
  intent: 'plan',
  medicationReference: to('Medication/m1'),
  subject: me,
  authoredOn: '2026-03-01T10:00:00+00:00',
  recorder: to('Practitioner/dr'),
  dosageInstruction: [{ text: 'One three times a day' }],
  dispenseRequest: { validityPeriod: { start: '2026-03-01' }, quantity: { value: 21, unit: 'capsule' } },
  ...overrides
})

export const order = (overrides: Stu3 = {}): Stu3 =>
  plan({
    id: 'order1',
    intent: 'order',
    extension: [],
    basedOn: [to('MedicationRequest/plan1')],
    ...overrides
  })

export const statement = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'MedicationStatement',
  id: 's1',
  basedOn: [to('MedicationRequest/plan1')],
  status: 'active',
  medicationReference: to('Medication/m1'),
  effectivePeriod: { start: '2026-03-01' },
  dateAsserted: '2026-03-01T10:00:00+00:00',
  subject: me,
  taken: 'unk',
  dosage: [{ text: 'One three times a day' }],
  ...overrides
})
