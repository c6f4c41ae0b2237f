export { type AbsenceCode, absenceCodes, toEmptyReason } from './absence/absence-codes.ts'
export { type EmptySections, emptyLists, type ShownOfRecord, withEmptyLists } from './absence/empty-lists.ts'
export { type Gap, gapsOf, type SectionQuestion } from './absence/gaps.ts'
export { findNilStatement, type NilStatement } from './absence/nil-statement.ts'
export { type SectionState, type ShownItem, sectionState } from './absence/section-state.ts'
export { type Speaker, sectionsSpokenFor } from './absence/speakers.ts'
export {
  type LabelledItem,
  labelItems,
  mayBeLabelled,
  mayView,
  type SensitiveCodes
} from './access/labels.ts'
export { findRoleRights, maySeeType, type Role, type RoleRights, roles } from './access/roles.ts'
export { mayBeToldOf } from './access/sections.ts'
export { type AuditActor, type AuditFacts, auditEvent } from './audit/audit-event.ts'
export {
  type ChangeReason,
  type ChangesBetween,
  type ComparedItem,
  compareChanges,
  type NetChange,
  netChanges,
  type VersionReason
} from './changes/net-changes.ts'
export { type CompletenessCode, completenessCodes } from './completeness/codes.ts'
export {
  type Completeness,
  completenessKey,
  completenessToJson,
  completenessToOutcome,
  type GeneralCode
} from './completeness/completeness.ts'
export {
  isFresh,
  type PullOutcome,
  type SectionFacts,
  type SourceFacts,
  type SourceStatement,
  sourceStatement,
  statementAsHeld,
  takenOverSections
} from './completeness/source-statement.ts'
export {
  type FoldChanges,
  type FoldedItem,
  type FoldInput,
  type FoldInputItem,
  type FoldState,
  foldContribution,
  foldTold
} from './fold.ts'
export { foldEvents, type OrderedEvent } from './fold-events.ts'
export {
  compareDemographics,
  type DemographicsVerdict,
  hasFamily,
  hasFirstName
} from './identity/compare-demographics.ts'
export {
  groupPersons,
  type PersonEdge,
  type PersonGroups,
  type PersonNode
} from './identity/group-persons.ts'
export { isSomebodyElse, type KnownAs, type KnownToPds } from './identity/is-somebody-else.ts'
export { type KnownPerson, whyQuarantined } from './identity/judge-message.ts'
export { localPatient } from './identity/local-patient.ts'
export { mergeProvenance, type PersonMerge } from './identity/merge-provenance.ts'
export {
  type ClaimedNumber,
  decideGate,
  decideGateWithoutPds,
  type GateFacts,
  type GateVerdict,
  type PdsStatus,
  type PdsTrace,
  traceValidMs
} from './person-gate.ts'
export { conflictToList, groupToList } from './reconcile/group-to-list.ts'
export type {
  Conflict,
  ConflictKind,
  GroupableItem,
  GroupMember,
  ItemGroup,
  Reconciled
} from './reconcile/item-group.ts'
export { reconcile, reconciledTypes } from './reconcile/reconcile.ts'
export { compareOrder, isLater, type SourceOrder } from './source-order.ts'
export {
  type NotAskedReason,
  type PersonAtSources,
  type SourceRelation,
  type SourceToAsk,
  sourcesToAsk
} from './sources-to-ask.ts'
export type { RecordItem } from './summary/record-item.ts'
export { summaryTypes } from './summary/sections.ts'
export { summarise } from './summary/summarise.ts'
export type { DocumentEntry, SummaryDocument, SummaryInput } from './summary/summary-input.ts'
export { ungrouped } from './summary/ungrouped.ts'
export { eventCatalogue } from './topics/event-catalogue.ts'
export { type ChangedItem, itemsOfTopic, type Topic, topics } from './topics/topics.ts'
export { medicineOn } from './view/medicine-currency.ts'
export { type MedicineNames, medicineNames, withMedicineNames } from './view/medicine-names.ts'
export {
  holdsAddress,
  type PersonIdentity,
  pdsPatientToPatient,
  pdsSourceId,
  replacedPatient,
  withoutAddress
} from './view/patient.ts'
export { hasProvenance, provenanceOf } from './view/provenance.ts'
export type { ProvenanceSource } from './view/provenance-agents.ts'
export { compareInRecord, inRecordOrder } from './view/record-order.ts'
export { comparePositions, matches, type SortPosition, sortPosition } from './view/search.ts'
export { indexResource, type ViewEntryIndex } from './view/search-index.ts'
export type { Searchable } from './view/search-match.ts'
export {
  heldTypes,
  isHeldType,
  isListedType,
  listedTypes,
  parametersByType,
  type SearchParameter,
  searchParametersOf,
  supported
} from './view/search-parameters.ts'
export { parseSearch, type SearchQuery, type SortKey } from './view/search-query.ts'
export { leadsOn, referencesAt } from './view/search-references.ts'
