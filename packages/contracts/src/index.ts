export { ReadingOrganisation, SecretReference, Source, SourceCatalogue } from './catalogue.ts'
export {
  type Contribution,
  type ContributionEntry,
  itemTags,
  type Mapped,
  type QuarantinedItem,
  type QuarantineReason,
  type RefusalReason,
  type Section,
  type SectionState,
  type SectionStatement,
  type SectionWarning,
  sections
} from './contribution.ts'
export { applyJob, type JobContract, type JobPointer, jobId, mapGpJob, pullJob, queueName } from './job.ts'
