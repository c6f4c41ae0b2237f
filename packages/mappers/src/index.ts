export { adwToContributions } from './adw/contributions.ts'
export { plannedDischarge } from './adw/encounter.ts'
export { isAnswer as isAdwAnswer } from './adw/events.ts'
export { type AdwMessage, readAdwMessage } from './adw/message.ts'
export { type AdwAnswer, adwResponse } from './adw/response.ts'
export {
  type CldEvent,
  type CldStatement,
  type CldSubmission,
  careOf,
  submissionsInForce
} from './cld/care-state.ts'
export { careToPart, cldSections } from './cld/care-to-contribution.ts'
export { type CldColumn, type CldHeader, cldColumns, readCldHeader } from './cld/columns.ts'
export { readDay } from './cld/dates.ts'
export { eventKey } from './cld/event-key.ts'
export { cldPart } from './cld/item.ts'
export {
  type CldDoubt,
  type CldPeriod,
  type CldReading,
  type CldRejection,
  type CldRow,
  readCldRow
} from './cld/row.ts'
export { effectOf, type SubmissionEffect } from './cld/submission-effect.ts'
export { councilAnswerToContribution } from './council-api/answer-to-contribution.ts'
export { type CouncilContext, councilSections } from './council-api/context.ts'
export { findCouncilChanges } from './council-api/read-answer.ts'
export { type FhirR4Answer, type FhirR4Asking, type FhirR4TypeAnswer, writeAnswer } from './fhir-r4/answer.ts'
export { type FhirR4Context, sectionOfType } from './fhir-r4/context.ts'
export {
  type FhirR4Traits,
  type PagesByType,
  refusedIn,
  visitsNamedIn,
  withoutRefused
} from './fhir-r4/refuse.ts'
export { fhirR4SearchToContribution, withoutInvalid } from './fhir-r4/search-to-contribution.ts'
export type { PushIssue } from './fhir-r4-push/issues.ts'
export {
  type FhirPush,
  type FhirPushRefusal,
  type FhirPushSource,
  issuesOfTime,
  readFhirPush
} from './fhir-r4-push/items.ts'
export { itemTypes as pushedItemTypes } from './fhir-r4-push/kinds.ts'
export {
  type FhirPushContext,
  fhirR4PushToContributions,
  type PushedItemsTold
} from './fhir-r4-push/push-to-contributions.ts'
export type { PushedEntry } from './fhir-r4-push/read-entry.ts'
export { refusedOfPush, staysOfPush, withoutPushed } from './fhir-r4-push/refuse.ts'
export { type PushedItemTold, type PushedTelling, tellingsOf } from './fhir-r4-push/told.ts'
export type { GpConnectContext } from './gp-connect/context.ts'
export { documentSearchToContribution } from './gp-connect/document-search.ts'
export { joinContributions } from './gp-connect/join-contributions.ts'
export { parameterSections } from './gp-connect/sections.ts'
export { structuredRecordToContribution } from './gp-connect/structured-record.ts'
export { happenedAt as hl7v2HappenedAt } from './hl7v2/adt/group.ts'
export { findTrigger as findHl7v2Trigger, type Trigger as Hl7v2Trigger } from './hl7v2/adt/triggers.ts'
export {
  findPriorVisit as findHl7v2PriorVisit,
  findVisit as findHl7v2Visit
} from './hl7v2/adt/visit-key.ts'
export { hl7v2ToContributions } from './hl7v2/hl7v2-to-contribution.ts'
export {
  field as hl7v2Field,
  type Message as Hl7v2Message,
  part as hl7v2Part,
  type Repetition as Hl7v2Repetition,
  readMessage as readHl7v2Message,
  type Segment as Hl7v2Segment
} from './hl7v2/message.ts'
export { findSubject as findHl7v2Subject } from './hl7v2/subject.ts'
export {
  type Itk3Acknowledgement,
  type Itk3ResponseCode,
  itk3Acknowledgement,
  itk3BusinessResponse
} from './itk3/acknowledgement.ts'
export { itk3ToContributions } from './itk3/contributions.ts'
export { type Itk3Message, readItk3Message } from './itk3/message.ts'
export { type Itk3Traits, itk3Traits } from './itk3/traits.ts'
export type { MessageContext } from './message-context.ts'
export type { PrsbKind } from './prsb/kind.ts'
export { prsbToContributions } from './prsb/prsb-to-contributions.ts'
export {
  type PrsbContent,
  type PrsbRefusal,
  type PrsbRefusalDetail,
  readPrsb
} from './prsb/read-prsb.ts'
