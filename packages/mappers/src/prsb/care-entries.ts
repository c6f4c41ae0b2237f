import { isAnswered, partsOf, type Question } from './question.ts'
import type { Role, Section } from './sections.ts'

/** One entry of a section, such as one alert, contact or service. */
export interface CareEntry {
  readonly role: Role
  /** Heading of the section, or of the group in it that the entry is. */
  readonly title: string
  /** What of the response it is made of. */
  readonly nodes: readonly Question[]
  readonly parts: readonly Question[]
}

/** Who said it and where: alone they are no entry. */
const circumstances: ReadonlySet<string> = new Set([
  'location',
  'performingprofessional',
  'personcompletingrecord',
  'responsibilityforreview'
])

/**
 * The answered entries of a section. Each group in it is one; what is answered in the section itself makes one more.
 * A plan is one whole, unless its section is divided into record entries.
 */
export function entriesOf({ role, question }: Section): CareEntry[] {
  // A section that is answered like a question is one entry with all beneath it.
  if (question.answers.some(({ words }) => words !== undefined))
    return [toEntry(role, question.label, [question], [question])]
  const parts = partsOf(question).filter(isAnswered)
  const groups = parts.filter((part) => isEntry(part, role))
  const rest = parts.filter((part) => !groups.includes(part))
  return [
    ...groups.map((group) => toEntry(role, titleOf(group, question), [group], partsOf(group))),
    ...(rest.length === 0 ? [] : [toEntry(role, question.label, rest, rest)])
  ].filter((entry) => entry.parts.some((part) => !circumstances.has(part.heading) && isAnswered(part)))
}

const plans: ReadonlySet<Role> = new Set(['care-plan', 'contingency-plan', 'support-plan'])

function isEntry(part: Question, role: Role): boolean {
  if (isRecordEntry(part)) return true
  const isDetail = circumstances.has(part.heading) || part.heading === 'localauthority'
  const isGroup = part.answers.length === 0 && !isDetail
  return isGroup && !plans.has(role) && part.items.length > 0
}

const isRecordEntry = ({ heading }: Question): boolean => heading.endsWith('recordentry')

const titleOf = (group: Question, section: Question): string =>
  isRecordEntry(group) || group.label === '' ? section.label : group.label

function toEntry(
  role: Role,
  title: string,
  nodes: readonly Question[],
  parts: readonly Question[]
): CareEntry {
  return { role, title, nodes, parts }
}
