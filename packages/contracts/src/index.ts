export {
  AdwSender,
  type AskedSource,
  CldSender,
  CouncilApi,
  type DenyList,
  FhirEndpoint,
  FhirSender,
  GpPractice,
  Hl7v2Sender,
  Itk3Sender,
  isAsked,
  ownSources,
  PrsbSender,
  ReadingOrganisation,
  SecretReference,
  type SocialCareSender,
  Source,
  SourceCatalogue
} from './catalogue.ts'
export {
  type ClaimedSubject,
  type Contribution,
  type ContributionEntry,
  gpSections,
  type IdentityStatement,
  type ItemEvent,
  itemTags,
  type LocalIdentifier,
  type Mapped,
  type MappedMessage,
  type MessageDocument,
  type MessagePart,
  type QuarantinedItem,
  type QuarantineReason,
  type RefusalReason,
  type Section,
  type SectionState,
  type SectionStatement,
  type SectionWarning,
  sections
} from './contribution.ts'
export {
  CouncilAnswer,
  CouncilContact,
  type CouncilItemKind,
  CouncilKeyWorker,
  CouncilPerson,
  CouncilQuestion,
  CouncilReview,
  CouncilService,
  CouncilTeam,
  CouncilWarning,
  councilItemKinds,
  councilLimits,
  councilWarningCategories,
  type KnownToCouncil
} from './council-api.ts'
export { councilOpenApi } from './council-open-api.ts'
export {
  applyJob,
  type JobContract,
  type JobPointer,
  jobContracts,
  jobId,
  mapAcuteJob,
  mapGpJob,
  mapSocialCareJob,
  pullJob,
  queueName,
  traceJob
} from './job.ts'
export {
  Preflight,
  type VersionGap,
  type WebhookForm,
  type WebhookIssue,
  type WebhookTaker,
  webhookForms,
  webhookTakers
} from './webhook.ts'
