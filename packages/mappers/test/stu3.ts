/** Hand-written STU3, as GP Connect 1.6 sends it: each builder gives the base case, overrides make the variant. */
export {
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
} from './stu3/clinical.ts'
export { bundle, extensionUrl, type Stu3, searchset, snomed, to, warning } from './stu3/elements.ts'
export { type ListKind, list } from './stu3/lists.ts'
export { medication, order, plan, prescriptionType, statement } from './stu3/medicines.ts'
export { location, organization, patient, practitioner, practitionerRole } from './stu3/people.ts'
export { wholeRecord } from './stu3/whole-record.ts'
