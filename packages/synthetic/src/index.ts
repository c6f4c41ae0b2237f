export type { CareEventType, RowExpectation } from './council/care-event.ts'
export type { Council } from './council/case-file.ts'
export {
  type CouncilCells,
  type CouncilColumn,
  councilColumns
} from './council/columns.ts'
export {
  type CouncilContact,
  type CouncilPackage,
  type CouncilPackageOptions,
  type CouncilService,
  councilPackages
} from './council/council-package.ts'
export { type CouncilPeopleOptions, councilPeople } from './council/council-people.ts'
export { type CouncilOrganisation, createCouncils, maxCouncils } from './council/councils.ts'
export { type CsvChunk, type CsvEncoding, type CsvOptions, writeCldCsv } from './council/csv.ts'
export { type CouncilTelling, type ExpectedCareEvent, expectedCare } from './council/expected-care.ts'
export { councilNumberOf } from './council/person-cells.ts'
export type { Release } from './council/release.ts'
export { councilStoryNames } from './council/stories/index.ts'
export {
  type CouncilRow,
  councilRows,
  councilSubmission,
  type SubmissionOptions
} from './council/submission.ts'
export {
  type ListWarning,
  listWarnings,
  notSupported,
  withBadDate,
  withDegradedCode,
  withForeignItem,
  withListWarning,
  withNotForPatient,
  withUnsupportedSection
} from './defects.ts'
export { type DocumentSearch, documentSearchset, findLetter } from './documents.ts'
export { withAllergyEnded, withMedicineStopped, withNhsNumber, withoutAllergy, withoutItem } from './edits.ts'
export { findEventDate } from './event-date.ts'
export { type HospitalDayOptions, hospitalDay } from './hospital/day.ts'
export {
  type Expectation,
  type ExpectedIdentity,
  type ExpectedItem,
  expectedRecords,
  type HospitalMessage
} from './hospital/hospital-message.ts'
export { type HospitalPatient, hospitalPatient, patientNumberOf } from './hospital/hospital-patient.ts'
export { type HospitalRecordOptions, hospitalRecord } from './hospital/hospital-record.ts'
export {
  type DischargeDocument,
  type DischargeIssue,
  dischargeDocument,
  dischargeIssues
} from './hospital/itk3/discharge.ts'
export { createTrusts, maxTrusts, type Trust } from './hospital/trusts.ts'
export { createNhsNumbers, testNumber } from './nhs-numbers.ts'
export { type Confidentiality, confidentialityOf, pdsPatient } from './pds-patient.ts'
export { createPeople, type PeopleOptions, type Person, type PersonKind, personKinds } from './people.ts'
export { type Address, createPractices, maxPractices, type Practice, practiceAt } from './practices.ts'
export { createRandom, type Random } from './random.ts'
export { findSection, type PrimaryList, primaryLists, type StructuredSection } from './sections.ts'
export { type Choice, type SectionRequest, selectSections } from './selection.ts'
export {
  type SensitiveCode,
  type SensitiveLabel,
  sensitiveCodes,
  sensitiveLabels
} from './sensitive-codes.ts'
export { type RecordOptions, smallestRecord, structuredRecord } from './structured-record.ts'
export { nameOf, type Stu3Bundle, type Stu3Resource } from './stu3.ts'
