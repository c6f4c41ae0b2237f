export { type LabelledItem, labelItems, mayView, type SensitiveCodes } from './access/labels.ts'
export { findRoleRights, maySeeType, type Role, type RoleRights, roles } from './access/roles.ts'
export { mayBeToldOf } from './access/sections.ts'
export { type AuditActor, type AuditFacts, auditEvent } from './audit/audit-event.ts'
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
export { compareDemographics, type DemographicsVerdict } from './identity/compare-demographics.ts'
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
export { compareOrder, isLater, type SourceOrder } from './source-order.ts'
export {
  type NotAskedReason,
  type PersonAtSources,
  type SourceRelation,
  type SourceToAsk,
  sourcesToAsk
} from './sources-to-ask.ts'
export { withMedicineCodes } from './view/medicine-codes.ts'
export { medicineOn } from './view/medicine-currency.ts'
export {
  holdsAddress,
  type PersonIdentity,
  pdsPatientToPatient,
  pdsSourceId,
  replacedPatient,
  withoutAddress
} from './view/patient.ts'
export { comparePositions, matches, type Searchable, type SortPosition, sortPosition } from './view/search.ts'
export {
  heldTypes,
  indexResource,
  isHeldType,
  isListedType,
  listedTypes,
  parametersByType,
  type ViewEntryIndex
} from './view/search-index.ts'
export { parseSearch, type SearchQuery, type SortKey, supported } from './view/search-query.ts'
