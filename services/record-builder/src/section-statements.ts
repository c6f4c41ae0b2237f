import { type Contribution, type ContributionEntry, itemTags } from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import type { SectionToWrite } from '@chesil/record-store'

/** What a source says of its sections, with how many items of each landed degraded. */
export function withDegraded({ entries, sections }: Contribution): readonly SectionToWrite[] {
  const degraded = Map.groupBy(entries.filter(isDegraded), (entry) => entry.sections[0])
  return sections.map((statement) => ({
    ...statement,
    degraded: degraded.get(statement.section)?.length ?? 0
  }))
}

const isDegraded = ({ resource }: ContributionEntry): boolean =>
  resource?.meta?.tag?.some(
    ({ system, code }) => system === chesil.itemTag && code === itemTags.degraded.code
  ) ?? false
