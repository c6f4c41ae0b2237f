import {
  allergy,
  condition,
  diaryEntry,
  document,
  encounter,
  endedAllergy,
  immunisation,
  observation,
  questionnaire,
  referral,
  report,
  specimen
} from './clinical.ts'
import { extensionUrl, type Stu3, snomed, to } from './elements.ts'
import { list } from './lists.ts'
import { medication, order, plan, statement } from './medicines.ts'
import { location, organization, patient, practitioner, practitionerRole } from './people.ts'

/** A small record with one of everything, everything linked. */
export const wholeRecord = (): Stu3[] => [
  patient(),
  practitioner(),
  practitionerRole(),
  organization(),
  location(),
  medication(),
  allergy(),
  condition({
    extension: [
      { url: extensionUrl('ActualProblem'), valueReference: to('Observation/o1') },
      { url: extensionUrl('RelatedClinicalContent'), valueReference: to('MedicationStatement/s1') },
      { url: extensionUrl('ProblemSignificance'), valueCode: 'major' }
    ]
  }),
  plan(),
  order(),
  statement(),
  encounter(),
  observation(),
  observation({
    id: 'o2',
    code: snomed('75367002', 'Blood pressure'),
    valueQuantity: undefined,
    component: [
      { code: snomed('271649006', 'Systolic blood pressure'), valueQuantity: { value: 128, unit: 'mmHg' } }
    ],
    related: [{ type: 'has-member', target: to('Observation/o1') }],
    referenceRange: [{ low: { value: 90 }, high: { value: 140 }, text: 'resting' }],
    specimen: to('Specimen/sp1')
  }),
  immunisation(),
  diaryEntry(),
  referral(),
  report(),
  specimen(),
  document(),
  questionnaire(),
  list('allergies', ['AllergyIntolerance/a1']),
  list('ended', ['#28'], { contained: [endedAllergy()] }),
  list('medications', ['MedicationStatement/s1']),
  list('problems', ['Condition/c1']),
  list('consultations', ['Encounter/e1']),
  list('consultation', ['List/t1'], { id: 'cons1', encounter: to('Encounter/e1') }),
  list('topic', ['List/h1'], { id: 't1', encounter: to('Encounter/e1') }),
  list('heading', ['Observation/o1', 'DocumentReference/doc1'], { id: 'h1', encounter: to('Encounter/e1') }),
  list('immunisations', ['Immunization/i1']),
  list('uncategorised', ['Observation/o1', 'QuestionnaireResponse/q1']),
  list('investigations', ['DiagnosticReport/d1']),
  list('referrals', ['ReferralRequest/1']),
  list('diary', ['ProcedureRequest/1'])
]
