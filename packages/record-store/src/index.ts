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
export { hasObjection, recordObjection, withdrawObjection } from './consent.ts'
export {
  type ClaimedContribution,
  claimContribution,
  markApplied,
  readGateFacts,
  refuseContribution
} from './contributions.ts'
export { createDatabase, type Database, type DatabaseOptions, type Sql } from './database.ts'
export { assertFit, isMigrated } from './fitness.ts'
export { type Ids, resourceIdOf, systemIds } from './ids.ts'
export {
  type AnsweredPull,
  type ClaimedMessage,
  type CompanionMessage,
  claimMessage,
  type MessageToReceive,
  readCompanions,
  receiveAnswer,
  settleMapped,
  settleRefused
} from './inbox.ts'
export { createListener } from './listener.ts'
export { type Merge, mergePersons, unmergePersons } from './merge.ts'
export { migrate } from './migrate.ts'
export { dropOldEvents, type OutboxEvent, relayOutbox } from './outbox.ts'
export { claimItems, type ItemName, nameItems, releaseItems } from './ownership.ts'
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
  saveTrace,
  type TraceToSave
} from './persons.ts'
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
export { purgeExpired, stopKeeping } from './purge.ts'
export { endTogether, readFoldState, type Scope, writeFoldChanges } from './record.ts'
export { type Hearer, lockSurvivor, readSpokenFor, type SpokenFor } from './spoken-for.ts'
export {
  hasStatus,
  type SectionToWrite,
  writeMissingSections,
  writeQuarantine,
  writeSections,
  writeStatus
} from './statements.ts'
export { announceAgain, buryTheExhausted } from './sweep.ts'
export {
  type EntryVersion,
  findItemOwner,
  readEntryHistory,
  readEveryIndex,
  readView,
  type ViewEntry
} from './view-reading.ts'
export {
  type LockedPerson,
  lockPersons,
  type ShownItem,
  type VersionToWrite,
  type WithdrawnItem,
  writeVersion
} from './view-writing.ts'
export { type Claimed, failRow, findWaitingRows, maxAttempts, type Relation } from './work-rows.ts'
