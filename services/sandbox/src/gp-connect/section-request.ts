import {
  type Choice,
  findEventDate,
  type SectionRequest,
  type StructuredSection,
  type Stu3Resource
} from '@chesil/synthetic'
import type { PartValue } from './part-value.ts'

type Parts = ReadonlyMap<string, PartValue>

/**
 * What the parts of a parameter ask of its section.
 *
 * @param repetitions The parts of each time the parameter stands there, at least one.
 */
export function toSectionRequest(section: StructuredSection, repetitions: readonly Parts[]): SectionRequest {
  const [parts = new Map<string, PartValue>()] = repetitions
  const choose = choiceOf(section, parts, repetitions)
  return {
    section,
    ended: parts.get('includeResolvedAllergies')?.flag ?? true,
    issues: parts.get('includePrescriptionIssues')?.flag ?? true,
    ...(choose && { choose })
  }
}

function choiceOf(
  section: StructuredSection,
  parts: Parts,
  repetitions: readonly Parts[]
): Choice | undefined {
  if (section === 'problems') return withStatus(repetitions)
  if (section === 'immunisations') return parts.get('includeNotGiven')?.flag ? undefined : given
  if (section === 'medications') return activeSince(parts.get('medicationSearchFromDate')?.from)
  const count = parts.get('includeNumberOfMostRecent')?.count
  if (count !== undefined) return (items) => items.toSorted(latestFirst).slice(0, count)
  const period = [...parts.values()].find(({ from, to }) => from !== undefined || to !== undefined)
  return period && ((items) => items.filter((item) => isWithin(findEventDate(item), period)))
}

/** Immunisations that were not given come only to those who ask for them. */
const given: Choice = (items) => items.filter((item) => item['notGiven'] !== true)

/** A repetition without a status asks for all. */
function withStatus(repetitions: readonly Parts[]): Choice | undefined {
  const statuses = repetitions.map((parts) => parts.get('filterStatus')?.code)
  if (statuses.includes(undefined)) return undefined
  return (items) => items.filter((item) => statuses.includes(String(item['clinicalStatus'])))
}

/** Of a medicine without an end, an acute one is active on its first day only, any other from then on. */
function activeSince(from: string | undefined): Choice | undefined {
  if (from === undefined) return undefined
  return (statements, find) =>
    statements.filter((statement) => {
      const { start = '', end } = statement.effectivePeriod ?? {}
      if (end !== undefined) return end >= from
      return isAcute(find(statement.basedOn?.[0]?.reference ?? '')) ? start >= from : true
    })
}

const isAcute = (plan: Stu3Resource | undefined): boolean =>
  JSON.stringify(plan?.extension ?? []).includes('"acute"')

const isWithin = (day: string | undefined, { from, to }: PartValue): boolean =>
  day !== undefined && (from === undefined || day >= from) && (to === undefined || day <= to)

const latestFirst = (one: Stu3Resource, other: Stu3Resource): number => {
  const [day = '', otherDay = ''] = [findEventDate(one), findEventDate(other)]
  return Number(day < otherDay) - Number(day > otherDay)
}
