import type { CodeableConcept, TaskInput } from '@chesil/fhir'
import { flag, type Json, many, one, some, text } from '../json.ts'
import type { AdwMessage } from './message.ts'
import questions from './tables/questions.json' with { type: 'json' }
import { concept } from './words.ts'

/** Questions that every notice asks, in words that a reader knows today. */
const plainQuestions: ReadonlyMap<string, string> = new Map(Object.entries(questions))

const plain = (question: string): string => question.trim().replaceAll(/\s+/g, ' ').toLowerCase()

/** Deeper than groups of questions ever are. */
const deepest = 5

/**
 * What the hospital has answered about the person and their consent, question by question.
 *
 * @see https://hl7.org/fhir/DSTU2/questionnaireresponse.html
 */
export const answersIn = ({ entries }: AdwMessage): TaskInput[] | undefined =>
  some(
    entries
      .filter(({ type }) => type === 'QuestionnaireResponse')
      .flatMap(({ source }) => many(source['group']).flatMap((group) => answersOf(group, 1)))
  )

function answersOf(group: Json, depth: number): TaskInput[] {
  if (depth > deepest) return []
  const inner = many(group['group']).flatMap((nested) => answersOf(nested, depth + 1))
  return [...many(group['question']).flatMap((question) => toInputs(question)), ...inner]
}

function toInputs(question: Json): TaskInput[] {
  const asked = text(question['text']) ?? text(question['linkId'])
  if (asked === undefined) return []
  const type: CodeableConcept = { text: plainQuestions.get(plain(asked)) ?? asked }
  return many(question['answer']).flatMap((answer) => {
    const value = answered(answer)
    return value === undefined ? [] : [{ type, ...value }]
  })
}

function answered(
  answer: Json
): Pick<TaskInput, 'valueBoolean' | 'valueCodeableConcept' | 'valueString'> | undefined {
  const valueCodeableConcept = concept({ coding: one(answer['valueCoding']) })
  if (valueCodeableConcept) return { valueCodeableConcept }
  const valueBoolean = flag(answer['valueBoolean'])
  if (valueBoolean !== undefined) return { valueBoolean }
  const valueString = others.map((name) => written(answer[name])).find((found) => found !== undefined)
  return valueString === undefined ? undefined : { valueString }
}

/** Whatever else is written as a value lands as it is written. */
const others = [
  'valueString',
  'valueDate',
  'valueDateTime',
  'valueUri',
  'valueInteger',
  'valueDecimal'
] as const
const written = (value: unknown): string | undefined =>
  text(typeof value === 'number' ? String(value) : value)
