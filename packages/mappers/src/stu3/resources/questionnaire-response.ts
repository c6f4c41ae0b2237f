import {
  defined,
  type QuestionnaireResponse,
  type QuestionnaireResponseItem,
  type QuestionnaireResponseItemAnswer
} from '@chesil/fhir'
import { decimal, each, flag, integer, isJson, type Json, one, text, uri } from '../../json.ts'
import { same, toCode, toCoding } from '../elements/coding.ts'
import { toDate, toDateTime } from '../elements/dates.ts'
import { toIdentifier } from '../elements/identifiers.ts'
import { toQuantity } from '../elements/quantity.ts'
import { asserters, authors, encounters, targets, toReference, toReferences } from '../elements/references.ts'
import { keepAsText } from '../elements/unread.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'

const statuses = same('in-progress', 'completed', 'amended', 'entered-in-error', 'stopped')
const wholes = targets('Observation', 'Procedure')
/** Real ones are two deep; a hostile one ends here. */
const deepest = 20

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-questionnaireresponse */
export function toQuestionnaireResponse(source: Json, item: Item): QuestionnaireResponse {
  const identifier = one(source['identifier'])
  return defined({
    resourceType: 'QuestionnaireResponse' as const,
    identifier: identifier && toIdentifier(identifier, item),
    basedOn: toReferences(source['basedOn'], item, targets('ServiceRequest')),
    partOf: toReferences(source['parent'], item, wholes, { bond: 'whole' }),
    questionnaire: toCanonical(one(source['questionnaire'])),
    status: toCode(source['status'], statuses, 'completed', { label: 'Status', item }),
    subject: subjectOf(item),
    encounter: toReference(source['context'], item, encounters),
    authored: toDateTime(source['authored'], 'Authored', item),
    author: toReference(source['author'], item, authors),
    source: toReference(source['source'], item, asserters),
    item: each(source['item'], (question) => toItem(question, item, 1))
  })
}

/** R4 names the questionnaire by its canonical URL; a reference into the source's own system is none. */
function toCanonical(source: Json | undefined): string | undefined {
  const url = uri(source?.['reference'])
  return url !== undefined && /^(https?|urn):/.test(url) ? url : undefined
}

/** R4 wants the question's id, and no items beneath both a question and its answers (qrs-1). */
function toItem(source: Json, item: Item, depth: number): QuestionnaireResponseItem | undefined {
  if (depth > deepest) {
    item.unread.push('Questions below the twentieth level were not read')
    return undefined
  }
  const answer = each(source['answer'], (one) => toAnswer(one, item, depth))
  return defined({
    linkId: text(source['linkId']) ?? 'Not recorded',
    definition: uri(source['definition']),
    text: text(source['text']),
    answer,
    item: answer ? undefined : each(source['item'], (inner) => toItem(inner, item, depth + 1))
  })
}

type Value = Omit<QuestionnaireResponseItemAnswer, 'item'>

/** The first kind of value that is there; an answer in a form that R4 does not know is kept as text. */
function toAnswer(source: Json, item: Item, depth: number): QuestionnaireResponseItemAnswer | undefined {
  const value = toAnswerValue(source, item)
  const inner = each(source['item'], (question) => toItem(question, item, depth + 1))
  const answer = defined({ ...value, item: inner })
  return Object.keys(answer).length > 0 ? answer : undefined
}

const readers: readonly (readonly [string, (value: unknown, item: Item) => Value])[] = [
  ['valueString', (value) => defined({ valueString: text(value) })],
  ['valueBoolean', (value) => defined({ valueBoolean: flag(value) })],
  ['valueDecimal', (value) => defined({ valueDecimal: decimal(value) })],
  ['valueInteger', (value) => defined({ valueInteger: integer(value) })],
  ['valueDate', (value, item) => defined({ valueDate: toDate(value, 'Answer', item) })],
  ['valueDateTime', (value, item) => defined({ valueDateTime: toDateTime(value, 'Answer', item) })],
  ['valueUri', (value) => defined({ valueUri: uri(value) })],
  [
    'valueCoding',
    (value, item) => defined({ valueCoding: isJson(value) ? toCoding(value, 'Answer', item) : undefined })
  ],
  ['valueQuantity', (value, item) => defined({ valueQuantity: toQuantity(value, 'Answer', item) })],
  [
    'valueReference',
    (value, item) => defined({ valueReference: toReference(value, item, undefined, { bond: 'part' }) })
  ]
]

function toAnswerValue(source: Json, item: Item): Value {
  for (const [element, read] of readers) {
    const value = source[element]
    if (value === undefined) continue
    const found = read(value, item)
    if (Object.keys(found).length === 0) keepAsText(value, 'Answer', item)
    return found
  }
  for (const element of ['valueTime', 'valueAttachment']) {
    if (source[element] !== undefined) keepAsText(source[element], 'Answer', item)
  }
  return {}
}
