import type {
  Contribution,
  ContributionEntry,
  Mapped,
  QuarantinedItem,
  Section,
  SectionStatement
} from '@chesil/contracts'
import { word } from '../json.ts'
import type { Answer, Item } from '../stu3/item.ts'
import { addTags, mapItem } from '../stu3/map-item.ts'
import { withDemographicsWarning } from '../stu3/person.ts'
import { membersOf } from '../stu3/section-set.ts'
import type { GpConnectContext } from './context.ts'
import { reachItems } from './reach.ts'
import { findBundle, readAnswer } from './read-answer.ts'
import { toSectionStatements } from './sections.ts'

/**
 * Maps what a practice answered to `$gpc.getstructuredrecord` to UK Core R4.
 *
 * Pure and repeatable: the same answer gives the same contribution, and the same item the same id, in
 * whatever order the answer comes.
 *
 * @param answer The parsed JSON, of any shape: junk is refused or degraded, never thrown at the caller.
 */
export function structuredRecordToContribution(answer: unknown, context: GpConnectContext): Mapped {
  const bundle = findBundle(answer, 'collection')
  if (bundle === undefined) return { outcome: 'refused', reason: 'not-a-record' }
  const reading = readAnswer(bundle, context)
  if (typeof reading === 'string') return { outcome: 'refused', reason: reading }
  const stated = toSectionStatements(reading.answer.items, reading.outcomes, context.asked)
  const sections = reading.differsFromPds ? stated.map(withDemographicsWarning) : stated
  return { outcome: 'mapped', contribution: toContribution(reading.answer, sections, context.asked) }
}

/** Maps each item, then says where it stands: the links between items are found while mapping. */
export function toContribution(
  answer: Answer,
  sections: readonly SectionStatement[],
  asked: readonly Section[]
): Contribution {
  const mapped = answer.items.flatMap((item) => {
    const resource = mapItem(item)
    return resource ? [{ item, resource }] : []
  })
  reachItems(answer.items, asked)
  for (const one of mapped) addTags(one)
  return {
    mode: 'snapshot',
    sections,
    entries: mapped.map(
      ({ item, resource }): ContributionEntry => ({
        resourceType: resource.resourceType,
        sourceResourceId: item.sourceResourceId,
        resource,
        sections: membersOf(item.sections)
      })
    ),
    quarantined: answer.items.flatMap(toQuarantined)
  }
}

/** Under the type that it would have had here, so that it is known for what it said before. */
function toQuarantined({
  withheld,
  kind,
  type,
  source,
  sourceResourceId,
  sections
}: Item): QuarantinedItem[] {
  if (withheld === undefined) return []
  const named = word(source['id']) === undefined ? {} : { sourceResourceId }
  return [{ ...withheld, resourceType: kind?.r4Type ?? type, ...named, sections: membersOf(sections) }]
}
