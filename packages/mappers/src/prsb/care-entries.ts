import { isAnswered, partsOf, type Question } from './question.ts'
import type { Role, Section } from './sections.ts'

/** Security labels that the words of an entry call for; see docs/fhir.md. */
export type Label = 'safeguarding' | 'home-warning'

/** One entry of a section, such as one alert, contact or service. */
export interface CareEntry {
  readonly role: Role
  /** Heading of the section, or of the group in it that the entry is. */
  readonly title: string
  /** What of the response it is made of. */
  readonly nodes: readonly Question[]
  readonly parts: readonly Question[]
  readonly label: Label | undefined
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
  return { role, title, nodes, parts, label: labelOf(role, parts) }
}

const safeguarding = /safeguard|child protection|looked[- ]after child|\bmarac\b/i

/** A dog that helps somebody is no warning. */
const homeWarning =
  /(?<!\b(?:guide|assistance|hearing|therapy) )\bdogs?\b|\b(?:two|2)[- ]to[- ]visit\b|\b(?:do not|don['’]t|never|not to) (?:be )?visit(?:ed)?\b[^.]{0,40}\balone\b|\bvisit(?:s|ed|ing)?\b[^.]{0,40}\b(?:in pairs|in twos|two (?:people|workers|staff|carers))\b|\b(?:two|2) (?:people|workers|staff|carers)\b[^.]{0,40}\bvisit|\blone work|\bhome warning\b/i

/**
 * By the section, else by the words of an alert or a risk, wherever in the entry they stand. Of an entry that calls for
 * both, the label is the one about safeguarding.
 */
function labelOf(role: Role, parts: readonly Question[]): Label | undefined {
  if (role === 'safeguarding') return 'safeguarding'
  if (role !== 'alerts' && role !== 'risks') return undefined
  const words = everything(parts)
  if (safeguarding.test(words)) return 'safeguarding'
  return homeWarning.test(words) ? 'home-warning' : undefined
}

const everything = (questions: readonly Question[]): string =>
  questions
    .flatMap((question) => [
      ...question.answers.map(({ words }) => words ?? ''),
      everything(partsOf(question))
    ])
    .join(' ')
