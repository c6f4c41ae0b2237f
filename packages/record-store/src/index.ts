export { workAlone } from './alone.ts'
export {
  type AssertedPerson,
  type AssertedPersonsPage,
  assertPerson,
  countAssertedPersons,
  endAssertion,
  findAssertedPerson,
  listAssertedPersons
} from './asserted-persons.ts'
export { type AuditLog, type AuditReceipt, createAuditLog } from './audit/audit-log.ts'
export {
  type Checkpoint,
  type CheckpointSigner,
  createCheckpointSigner,
  createCheckpointVerifier
} from './audit/chain.ts'
export type { AuditEntry } from './audit/chain-writer.ts'
export { type CheckpointFolder, createCheckpointFolder } from './audit/checkpoint-folder.ts'
export {
  type AuditDoubt,
  type AuditProblem,
  type AuditVerification,
  verifyAudit
} from './audit/verify-audit.ts'
export { packBody, unpackBody } from './body.ts'
export { readChangedItems } from './changed-items.ts'
export { hasObjection, recordObjection, withdrawObjection } from './consent.ts'
export {
  type ClaimedContribution,
  claimContribution,
  markApplied,
  readGateFacts,
  refuseContribution
} from './contributions.ts'
export { createDatabase, type Database, type DatabaseOptions, type Sql } from './database.ts'
export { listMessages, type MessageInWork, type MessageState, retryMessages } from './dead-letters.ts'
export {
  type Assertion,
  addHeartbeats,
  endOverdue,
  type FailedAttempt,
  failDelivery,
  findAssertions,
  numberDelivery,
  postponeDelivery,
  settleDelivered,
  settleWithheld
} from './deliveries.ts'
export {
  type ClaimedDelivery,
  claimDeliveries,
  type DueSubscription,
  findDueSubscriptions,
  redeliveriesPerSecond
} from './delivery-claims.ts'
export {
  type DeliveryFacts,
  type DeliveryPage,
  type NumberedEvent,
  readDeliveryPage,
  readNumberedEvents
} from './delivery-pages.ts'
export {
  type DocumentToSave,
  defaultMaxDocumentBytes,
  documentHash,
  findDocument,
  type KeptDocument,
  purgeDocuments,
  purgeDocumentsOf,
  readDocument,
  saveDocuments,
  withContentHashes
} from './documents.ts'
export { assertFit, isMigrated } from './fitness.ts'
export { coverParts, readHeldItems } from './held-items.ts'
export {
  findNotTheirs,
  findVersionAt,
  type HeldVersion,
  type NotTheirs,
  readHeldVersion
} from './held-versions.ts'
export {
  type Claim,
  type ClaimVerdict,
  judgeClaim,
  lockClaimants,
  requestTrace,
  saveClaim,
  settleClaims,
  type TracedNumber
} from './identity/claims.ts'
export { findPersonByIdentifier, isTraced, meetLocalPersons } from './identity/local-persons.ts'
export { lockNeighbourhood } from './identity/regroup.ts'
export { openReview } from './identity/reviews.ts'
export {
  followStatements,
  listStatements,
  type Said,
  type StatementInForce,
  undoStatement
} from './identity/statements.ts'
export { readSubjectFacts, type SubjectFacts } from './identity/subject-facts.ts'
export {
  type ClaimedTraceRequest,
  claimTraceRequest,
  findWaitingTraces,
  postponeTrace,
  settleTraceRequest
} from './identity/trace-requests.ts'
export { findVisitMoves } from './identity/visit-moves.ts'
export { type Ids, personIdOf, resourceIdOf, systemIds } from './ids.ts'
export {
  type AnsweredPull,
  type ClaimedAnswer,
  type ClaimedMessage,
  type CompanionMessage,
  claimMessage,
  isAnswer,
  type MessageToReceive,
  readCompanions,
  receiveAnswer,
  settleMapped,
  settleRefused
} from './inbox.ts'
export { type MessageToTake, type Taken, takeMessages } from './intake.ts'
export { type NamedEvent, readEvents, saveEvents } from './item-events.ts'
export { createKeepingRule } from './keeping.ts'
export { findNotices, type KeptNotice, mostNotices, type NoticeName } from './kept-notices.ts'
export { createListener } from './listener.ts'
export { type Merge, mergePersons, unmergePersons } from './merge.ts'
export { type PartToSettle, settleParts, settleSomeParts } from './message-parts.ts'
export { quarantineItems, writeMessageStatus } from './message-status.ts'
export { type MessageWork, workOnMessage } from './message-work.ts'
export { migrate } from './migrate.ts'
export {
  listOperatorActions,
  type OperatorAction,
  type OperatorActionName,
  type RecordedAction,
  recordOperatorAction
} from './operator-actions.ts'
export { dropOldEvents, type OutboxEvent, relayOutbox } from './outbox.ts'
export { claimItems, findOthersItems, type ItemName, nameItems, releaseItems } from './ownership.ts'
export {
  type EventFacts,
  type EventPage,
  listEvents,
  listPartnersAtAGlance,
  type PartnerAtAGlance
} from './partner-pages.ts'
export {
  addPartnerKey,
  findPartner,
  findPartnerWithKeys,
  type KeyScheme,
  type KeyToAdd,
  listPartnerKeys,
  listPartners,
  mostLiveKeys,
  type Partner,
  type PartnerKey,
  type PartnerWithKeys,
  registerPartner,
  resumePartner,
  revokePartnerKey,
  suspendPartner
} from './partners.ts'
export {
  type AuthoritySourceFacts,
  findSurvivor,
  type PersonState,
  readPersonState,
  type TraceFacts
} from './person-state.ts'
export {
  findDemographics,
  findPersonByNhsNumber,
  findPersonsByName,
  isKnownToSources,
  saveTrace,
  type TraceToSave
} from './persons.ts'
export { findKnownPersons, findStandingItems, withoutTrace } from './preview.ts'
export { type PullHistory, readPullHistory, type SectionHistory } from './pull-history.ts'
export {
  type ClaimedPull,
  claimPull,
  closePullMessage,
  endPull,
  findFinishedPulls,
  findWaitingPulls,
  type PullEnd,
  type PullReader,
  type PullToRequest,
  requestPulls
} from './pulls.ts'
export { purgeExpired } from './purge.ts'
export { purgeVisit, purgeWithdrawnVisits, purgeWordings } from './purge-visit.ts'
export { type ItemTold, type ItemToTell, tellPushedItems } from './pushed-items.ts'
export {
  keepToldPersons,
  type ReceiptQuery,
  readWebhookFacts,
  type ToldPerson,
  type WebhookFacts,
  type WebhookMessageFacts,
  type WebhookPartFacts,
  type WebhookPullFacts
} from './receipts.ts'
export { endTogether, readFoldState, type Scope, writeFoldChanges } from './record.ts'
export { type Redelivery, redeliver } from './redelivery.ts'
export {
  type ContributionOfVisit,
  deniedInterface,
  findRefusedVisits,
  listRefusedVisits,
  type RefusedVisit,
  readContributionsOfVisit,
  readRefusedVisits,
  releaseVisit,
  rememberRefusedVisits,
  visitHashOf
} from './refused-visits.ts'
export { type Hearer, lockSurvivor, readSpokenFor, type SpokenFor } from './spoken-for.ts'
export {
  hasStatus,
  type SectionToWrite,
  writeMissingSections,
  writeQuarantine,
  writeSections,
  writeStatus
} from './statements.ts'
export {
  beginSubmission,
  closeSubmission,
  type DroppedRows,
  dropCrowds,
  dropOtherPeriods,
  findPeriod,
  findSubmission,
  type KeptSubmission,
  keepSubmission,
  noteProgress,
  openStaging,
  type RowToStage,
  readPersonKeys,
  readSettledPersons,
  readSubmissionProgress,
  readSubmissionRows,
  readSubmissions,
  type SettledBatch,
  type SubmissionPeriod,
  type SubmissionProgress,
  type SubmissionStatus,
  saveChunk,
  saveReport,
  stageRows,
  submissionInterface
} from './submissions.ts'
export {
  changeSubscription,
  countSubscriptions,
  type Endpoint,
  type EndpointWithKeys,
  endSubscription,
  endSubscriptionsAt,
  findEndpointWithKeys,
  findSubscription,
  listEndpoints,
  listSubscriptions,
  makeSubscription,
  registerEndpoint,
  resumeSubscription,
  type Subscription,
  type SubscriptionContent,
  type SubscriptionFormat,
  type SubscriptionPage,
  type SubscriptionStatus,
  setEndpointDisabled
} from './subscriptions.ts'
export { announceAgain, buryTheExhausted } from './sweep.ts'
export { type TellingRules, tellChanges } from './tell-changes.ts'
export { type ReceiptToTell, takeReceiptsToTell, tellReceipts } from './tell-receipts.ts'
export {
  findWithdrawals,
  readVersionsAfter,
  type VersionCause,
  type VersionFacts
} from './version-facts.ts'
export { readEachEntry, readView, type ViewEntry, type ViewPlace } from './view-entries.ts'
export {
  type EntryVersion,
  findItemOwner,
  readEntryHistory,
  readEveryIndex
} from './view-reading.ts'
export {
  type LockedPerson,
  lockPersons,
  openEntryHash,
  raiseRevision,
  type ShownItem,
  type VersionToWrite,
  type WithdrawnItem,
  writeVersion
} from './view-writing.ts'
export { applyAwaiting, awaitItems } from './waiting-items.ts'
export {
  type AcceptedWebhook,
  acceptWebhooks,
  type ClaimedWebhook,
  claimWebhooks,
  failWebhook,
  noteItemVersions,
  postponeWebhook,
  type RegisteredWebhook,
  retryWebhooks,
  settleWebhook,
  type WebhookSettlement,
  type WebhookToAccept
} from './webhook-events.ts'
export { type Claimed, failRow, findWaitingRows, maxAttempts, type Relation } from './work-rows.ts'
