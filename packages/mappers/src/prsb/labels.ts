import { isDenial } from '../denial.ts'
import { joinLabels, labelsOfWords, type SensitiveLabel } from '../sensitive-words.ts'
import type { CareEntry } from './care-entries.ts'
import { without } from './prune.ts'
import { allWords, isAnswered, partsOf, type Question, wordsOf } from './question.ts'
import type { Role, Section } from './sections.ts'

export type Labels = readonly SensitiveLabel[]

/** Roles of which each entry becomes a flag, which can have a label of its own. */
const flagged: ReadonlySet<Role> = new Set(['alerts', 'risks', 'safeguarding'])

/**
 * Which questions not every reader may see, each with all beneath it: those whose own words call for labels, the entries of
 * alerts and risks in which any words do, and all of the section Safeguarding, also what is said there of no concern.
 */
export function labelsIn(
  questions: readonly Question[],
  sections: readonly Section[],
  entries: readonly CareEntry[]
): ReadonlyMap<Question, Labels> {
  const whole = new Map<Question, Labels>([
    ...sections
      .filter(({ role }) => role === 'safeguarding')
      .map(({ question }) => [question, safeguarding] as const),
    ...entries
      .filter(({ role }) => flagged.has(role))
      .flatMap((entry) => entry.nodes.map((node) => [node, labelsOfEntry(entry)] as const))
  ])
  return new Map(labelsBeneath(questions, [], whole))
}

const safeguarding: Labels = ['safeguarding']

/** Also of what the entry's flag repeats. */
export const labelsOfEntry = ({ role, nodes }: CareEntry): Labels =>
  joinLabels(role === 'safeguarding' ? safeguarding : [], ...nodes.map(labelsWithin))

const labelsWithin = (question: Question): Labels =>
  joinLabels(labelsOf(question), ...partsOf(question).map(labelsWithin))

function labelsBeneath(
  questions: readonly Question[],
  above: Labels,
  whole: ReadonlyMap<Question, Labels>
): (readonly [Question, Labels])[] {
  return questions.flatMap((question) => {
    const labels = joinLabels(above, whole.get(question) ?? labelsOf(question))
    const own = labels.length > above.length ? [[question, labels] as const] : []
    return [...own, ...labelsBeneath(partsOf(question), labels, whole)]
  })
}

/** What was asked counts with what was answered; where all answers beneath it say that there is none, it says nothing. */
function labelsOf(question: Question): Labels {
  if (allWords([question]).every(isDenial)) return []
  return joinLabels(labelsOfWords(question.label), labelsOfWords(wordsOf(question) ?? ''))
}

/**
 * Of plans, people and services what every reader may see: a label would hide all of a plan for one line. The line stands
 * in the labelled response.
 */
export function openEntries(
  entries: readonly CareEntry[],
  labels: ReadonlyMap<Question, Labels>
): CareEntry[] {
  return entries.flatMap((entry): CareEntry[] => {
    if (flagged.has(entry.role)) return [entry]
    if (entry.nodes.every((node) => labels.has(node))) return []
    const parts = without(entry.parts, (question) => labels.has(question))
    return parts.some(isAnswered) ? [{ ...entry, parts }] : []
  })
}
