import { extensionUrl, me, type Stu3, snomed, to } from './elements.ts'

export const allergy = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'AllergyIntolerance',
  id: 'a1',
  clinicalStatus: 'active',
  verificationStatus: 'unconfirmed',
  category: ['medication'],
  code: snomed('91936005', 'Allergy to penicillin'),
  patient: me,
  assertedDate: '2015-02-03T11:00:00+00:00',
  recorder: to('Practitioner/dr'),
  reaction: [{ manifestation: [snomed('247472004', 'Weal')], severity: 'mild' }],
  ...overrides
})

export const endedAllergy = (overrides: Stu3 = {}): Stu3 =>
  allergy({
    id: '28',
    clinicalStatus: 'resolved',
    extension: [
      {
        url: extensionUrl('AllergyIntoleranceEnd'),
        extension: [
          { url: 'endDate', valueDateTime: '2019-05-01' },
          { url: 'reasonEnded', valueString: 'Tolerated on challenge' }
        ]
      }
    ],
    ...overrides
  })

export const condition = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Condition',
  id: 'c1',
  clinicalStatus: 'active',
  category: [{ coding: [{ system: 'http://hl7.org/fhir/condition-category', code: 'problem-list-item' }] }],
  code: snomed('73211009', 'Diabetes mellitus'),
  subject: me,
  onsetDateTime: '2011-06',
  assertedDate: '2011-06-14T09:00:00+01:00',
  asserter: to('Practitioner/dr'),
  ...overrides
})

export const encounter = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Encounter',
  id: 'e1',
  status: 'finished',
  type: [{ text: 'GP Surgery' }],
  subject: me,
  participant: [
    {
      type: [{ coding: [{ system: 'http://hl7.org/fhir/v3/ParticipationType', code: 'PPRF' }] }],
      individual: to('Practitioner/dr')
    }
  ],
  period: { start: '2026-03-01T10:00:00+00:00', end: '2026-03-01T10:12:00+00:00' },
  location: [{ location: to('Location/branch') }],
  serviceProvider: to('Organization/surgery'),
  ...overrides
})

export const observation = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Observation',
  id: 'o1',
  status: 'final',
  code: snomed('27113001', 'Body weight'),
  subject: me,
  context: to('Encounter/e1'),
  effectiveDateTime: '2026-03-01T10:05:00+00:00',
  issued: '2026-03-01T10:05:30.000+00:00',
  performer: [to('Practitioner/dr')],
  valueQuantity: { value: 71.5, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' },
  ...overrides
})

export const immunisation = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Immunization',
  id: 'i1',
  extension: [
    {
      url: extensionUrl('VaccinationProcedure'),
      valueCodeableConcept: snomed('86198006', 'Influenza vaccination')
    },
    { url: extensionUrl('DateRecorded'), valueDateTime: '2025-10-06T14:00:00+01:00' }
  ],
  status: 'completed',
  notGiven: false,
  vaccineCode: { coding: [{ system: 'http://hl7.org/fhir/v3/NullFlavor', code: 'UNK' }] },
  patient: me,
  date: '2025-10-06',
  primarySource: true,
  practitioner: [
    {
      role: { coding: [{ system: 'http://hl7.org/fhir/v2/0443', code: 'AP' }] },
      actor: to('Practitioner/dr')
    }
  ],
  ...overrides
})

export const diaryEntry = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'ProcedureRequest',
  id: '1',
  status: 'active',
  intent: 'plan',
  code: snomed('314529007', 'Medication review due'),
  subject: me,
  occurrenceDateTime: '2026-09-01',
  requester: { agent: to('Practitioner/dr'), onBehalfOf: to('Organization/surgery') },
  ...overrides
})

export const referral = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'ReferralRequest',
  id: '1',
  status: 'active',
  intent: 'order',
  priority: 'urgent',
  subject: me,
  context: to('Encounter/e1'),
  authoredOn: '2026-03-01T10:10:00+00:00',
  requester: { agent: to('Practitioner/dr') },
  recipient: [to('Organization/surgery')],
  reasonCode: [snomed('308447003', 'Referral to physiotherapist')],
  description: 'Stiff shoulder for three months',
  ...overrides
})

export const report = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'DiagnosticReport',
  id: 'd1',
  status: 'final',
  category: { coding: [{ system: 'http://hl7.org/fhir/v2/0074', code: 'LAB' }] },
  code: snomed('721981007', 'Diagnostic studies report'),
  subject: me,
  issued: '2026-02-20T12:00:00+00:00',
  performer: [{ actor: to('Organization/surgery') }],
  specimen: [to('Specimen/sp1')],
  result: [to('Observation/o2')],
  codedDiagnosis: [snomed('271649006', 'Normal')],
  ...overrides
})

export const specimen = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Specimen',
  id: 'sp1',
  status: 'available',
  type: snomed('122555007', 'Venous blood specimen'),
  subject: me,
  collection: { collectedDateTime: '2026-02-19T08:30:00+00:00' },
  ...overrides
})

export const document = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'DocumentReference',
  id: 'doc1',
  status: 'current',
  type: { text: 'Clinic letter' },
  subject: me,
  created: '2026-01-15T09:00:00+00:00',
  indexed: '2026-01-16T10:00:00.000+00:00',
  author: [to('Organization/surgery')],
  content: [
    { attachment: { contentType: 'application/pdf', url: 'https://gp.example/Binary/doc1', size: 1024 } }
  ],
  context: { encounter: to('Encounter/e1') },
  ...overrides
})

export const questionnaire = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'QuestionnaireResponse',
  id: 'q1',
  status: 'completed',
  subject: me,
  authored: '2026-03-01T10:05:00+00:00',
  parent: [to('Observation/o1')],
  item: [{ linkId: 'smoking', answer: [{ valueString: 'never' }, { valueReference: to('Observation/o1') }] }],
  ...overrides
})
