export {
  type AskedSource,
  type DenyList,
  FhirEndpoint,
  GpPractice,
  Hl7v2Sender,
  Itk3Sender,
  isAsked,
  ReadingOrganisation,
  SecretReference,
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
  applyJob,
  type JobContract,
  type JobPointer,
  jobContracts,
  jobId,
  mapAcuteJob,
  mapGpJob,
  pullJob,
  queueName,
  traceJob
} from './job.ts'
