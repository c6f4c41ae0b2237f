import type { CodeableConcept, Coding } from '@chesil/fhir'
import { type Json, many, text } from '../json.ts'
import { type AnswerValue, toAnswerValue } from './answer.ts'
import type { Named } from './resources.ts'
import { distinct, toHeading, toLabel } from './words.ts'

/** A question of a response and what was answered, or a heading with questions beneath it. */
export interface Question {
  readonly linkId: string
  /** Empty where neither the response nor its questionnaire says. */
  readonly label: string
  /** `label` as headings are compared. */
  readonly heading: string
  readonly answers: readonly Answer[]
  readonly items: readonly Question[]
}

export interface Answer extends Partial<AnswerValue> {
  readonly items: readonly Question[]
}

/** Deeper, or more, than any person's answers. */
export const mostQuestions = 100_000
export const deepestQuestion = 50

export type Unreadable = 'too-deep' | 'too-many'

interface Reading {
  readonly named: Named
  /** By linkId, where a response gives no texts itself. */
  readonly labels: ReadonlyMap<string, string>
  left: number
  fault?: Unreadable
}

/** @returns why they cannot be read: nothing of a document is left out silently. */
export function readQuestions(
  items: unknown,
  names: { readonly named: Named; readonly labels: ReadonlyMap<string, string> }
): readonly Question[] | Unreadable {
  const reading: Reading = { ...names, left: mostQuestions }
  const questions = readItems(items, reading, 1)
  return reading.fault ?? questions
}

function readItems(items: unknown, reading: Reading, depth: number): Question[] {
  if (items === undefined || reading.fault) return []
  const found = many(items)
  reading.left -= found.length
  if (found.length > 0 && depth > deepestQuestion) reading.fault = 'too-deep'
  else if (reading.left < 0) reading.fault = 'too-many'
  return reading.fault ? [] : found.map((source) => readItem(source, reading, depth))
}

function readItem(source: Json, reading: Reading, depth: number): Question {
  const linkId = text(source['linkId'])?.trim()
  const label = toLabel(text(source['text']) ?? reading.labels.get(linkId ?? '') ?? '')
  return {
    linkId: linkId ?? 'Not recorded',
    label,
    heading: toHeading(label),
    answers: readAnswers(source['answer'], reading, depth),
    items: readItems(source['item'], reading, depth + 1)
  }
}

function readAnswers(given: unknown, reading: Reading, depth: number): Answer[] {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (given === undefined || reading.fault) return []
  reading.left -= all.length
  if (reading.left < 0) reading.fault = 'too-many'
  if (reading.fault) return []
  return all.flatMap((one) => {
    const value = toAnswerValue(one, reading.named)
    const items = many(one).flatMap(({ item }) => readItems(item, reading, depth + 1))
    return value || items.length > 0 ? [{ ...value, items }] : []
  })
}

/** @returns texts of a questionnaire's items by linkId, as far as it is read. */
export function labelsOf(questionnaire: Json | undefined): ReadonlyMap<string, string> {
  const labels = new Map<string, string>()
  const read = (items: unknown, depth: number): void => {
    if (depth > deepestQuestion) return
    for (const source of many(items)) {
      const [linkId, label] = [text(source['linkId'])?.trim(), text(source['text'])]
      if (labels.size >= mostQuestions) return
      if (linkId !== undefined && label !== undefined && !labels.has(linkId)) labels.set(linkId, label)
      read(source['item'], depth + 1)
    }
  }
  read(questionnaire?.['item'], 1)
  return labels
}

/** What stands beneath a question, or beneath its answers. */
export const partsOf = ({ answers, items }: Question): readonly Question[] =>
  answers.length === 0 ? items : [...items, ...answers.flatMap((answer) => answer.items)]

export const isAnswered = (question: Question): boolean =>
  question.answers.some(({ words }) => words !== undefined) || partsOf(question).some(isAnswered)

/** Has a part in a form that FHIR does not know. */
export const hasUnread = (question: Question): boolean =>
  question.answers.some(({ isUnread }) => isUnread) || partsOf(question).some(hasUnread)

const linkIds = new Intl.Collator('en', { numeric: true })

/** A questionnaire's ids run in its order; what repeats stays in the order in which it was said. */
export const inOrder = (questions: readonly Question[]): readonly Question[] =>
  [...questions].sort((a, b) => linkIds.compare(a.linkId, b.linkId))

/** PRSB divides most answers into a code and a text. */
const isPlain = ({ heading }: Question): boolean => heading === 'codedvalue' || heading === 'freetext'

const ownAnswers = (question: Question): readonly Answer[] => [
  ...question.answers,
  ...inOrder(partsOf(question).filter(isPlain)).flatMap(({ answers }) => answers)
]

/** The question's own answers, not those of questions beneath it, but for its code and its text. */
export function wordsOf(question: Question): string | undefined {
  const words = distinct(ownAnswers(question).flatMap((answer) => answer.words ?? []))
  return words.length > 0 ? words.join('; ') : undefined
}

/** The same with its codes. */
export function conceptOf(question: Question): CodeableConcept | undefined {
  const words = wordsOf(question)
  if (words === undefined) return undefined
  const codings = ownAnswers(question).flatMap((answer): Coding[] =>
    answer.value?.valueCoding ? [answer.value.valueCoding] : []
  )
  return codings.length > 0 ? { coding: codings, text: words } : { text: words }
}

/** Everything that was answered, each with what was asked. @param under The heading that they stand under. */
export function linesOf(questions: readonly Question[], under = ''): string[] {
  return inOrder(questions).flatMap((question) => {
    const words = wordsOf(question)
    const label = [under, question.label].filter((one) => one !== '').join(' – ')
    const own = words === undefined ? [] : [label === '' ? words : `${label}: ${words}`]
    const rest = partsOf(question).filter((part) => !isPlain(part))
    return [...own, ...linesOf(rest, question.label)]
  })
}

/** Every answer beneath questions, without what was asked. */
export const allWords = (questions: readonly Question[]): string[] =>
  inOrder(questions).flatMap((question) => [
    ...question.answers.flatMap(({ words }) => words ?? []),
    ...allWords(partsOf(question))
  ])

/** The answered ones of these headings, wherever beneath. */
export function findAll(questions: readonly Question[], ...headings: readonly string[]): Question[] {
  return inOrder(questions).flatMap((question) =>
    headings.includes(question.heading) && isAnswered(question)
      ? [question]
      : findAll(partsOf(question), ...headings)
  )
}

/** The first answered one of these headings that stands here itself. */
export const findPart = (parts: readonly Question[], ...headings: readonly string[]): Question | undefined =>
  inOrder(parts.filter((part) => headings.includes(part.heading) && isAnswered(part)))[0]

/** What it says in words. */
export function saidIn(parts: readonly Question[], ...headings: readonly string[]): string | undefined {
  const found = findPart(parts, ...headings)
  return found && wordsOf(found)
}
