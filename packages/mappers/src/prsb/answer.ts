import {
  type Attachment,
  type Coding,
  defined,
  type Identifier,
  isFhirDate,
  isFhirDateTime,
  type Quantity,
  type QuestionnaireResponseItemAnswer,
  systems
} from '@chesil/fhir'
import { findBase64 } from '../base64.ts'
import { contentOf } from '../fingerprint.ts'
import { count, decimal, flag, integer, isJson, type Json, text, uri, word } from '../json.ts'
import { type Named, toLogical } from './resources.ts'

/** What was answered, as FHIR and in words. */
export interface AnswerValue {
  readonly value: Omit<QuestionnaireResponseItemAnswer, 'item'>
  readonly words: string
  /** It had a form that FHIR does not know, and is kept as text. */
  readonly isUnread: boolean
}

type Reader = (given: unknown, named: Named) => readonly [AnswerValue['value'], string] | undefined

/** @returns `undefined` where nothing was answered. */
export function toAnswerValue(answer: unknown, named: Named): AnswerValue | undefined {
  if (!isJson(answer)) return isScalar(answer) ? keep(answer) : undefined
  for (const [name, read] of readers) {
    const given = answer[name]
    if (isAbsent(given)) continue
    const [value, words] = read(given, named) ?? []
    return value && words ? { value, words, isUnread: false } : keep(given)
  }
  const other = Object.keys(answer).find((name) => name.startsWith('value') && !isAbsent(answer[name]))
  return other === undefined ? undefined : keep(answer[other])
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && text(value) === undefined)

const isScalar = (value: unknown): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value) && !isAbsent(value)

const longestKept = 2_000

function keep(given: unknown): AnswerValue {
  const written = isScalar(given) ? String(given) : contentOf({ given })
  const words = text(written)?.slice(0, longestKept).toWellFormed() ?? 'Unreadable'
  return { value: { valueString: words }, words, isUnread: true }
}

const readers: readonly (readonly [string, Reader])[] = [
  ['valueString', (given) => told(text(given), (valueString) => ({ valueString }))],
  ['valueCoding', (given) => told(toCoding(given), (valueCoding) => ({ valueCoding }), codingWords)],
  [
    'valueBoolean',
    (given) =>
      told(
        flag(given),
        (valueBoolean) => ({ valueBoolean }),
        (is) => (is ? 'Yes' : 'No')
      )
  ],
  ['valueDate', (given) => told(dated(given, isFhirDate), (valueDate) => ({ valueDate }))],
  ['valueDateTime', (given) => told(dated(given, isFhirDateTime), (valueDateTime) => ({ valueDateTime }))],
  ['valueTime', (given) => told(matching(given, timeOfDay), (valueTime) => ({ valueTime }))],
  ['valueInteger', (given) => told(integer(given), (valueInteger) => ({ valueInteger }), String)],
  ['valueDecimal', (given) => told(decimal(given), (valueDecimal) => ({ valueDecimal }), String)],
  ['valueUri', (given) => told(harmlessUrl(given), (valueUri) => ({ valueUri }))],
  [
    'valueAttachment',
    (given) => told(toAttachment(given), (valueAttachment) => ({ valueAttachment }), fileWords)
  ],
  [
    'valueQuantity',
    (given) => told(toQuantity(given), (valueQuantity) => ({ valueQuantity }), quantityWords)
  ],
  [
    'valueReference',
    (given, named) =>
      told(
        toLogical(given, named),
        (valueReference) => ({ valueReference }),
        ({ display, identifier }) => display ?? identifier?.value ?? ''
      )
  ]
]

function told<T>(
  value: T | undefined,
  wrap: (value: T) => AnswerValue['value'],
  say: (value: T) => string = String
): readonly [AnswerValue['value'], string] | undefined {
  return value === undefined ? undefined : [wrap(value), say(value)]
}

const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?$/

function matching(given: unknown, pattern: RegExp): string | undefined {
  const found = word(given)
  return found !== undefined && pattern.test(found) ? found : undefined
}

function dated(given: unknown, isOne: (text: string) => boolean): string | undefined {
  const found = word(given)
  return found !== undefined && isOne(found) ? found : undefined
}

/** An address that a browser would run is for reading, not for following. */
function harmlessUrl(given: unknown): string | undefined {
  const found = uri(given)
  return found !== undefined && /^(?:https?:\/\/|urn:)/i.test(found) ? found : undefined
}

/** @see https://hl7.org/fhir/R4/datatypes.html#code */
const code = /^\S+( \S+)*$/

/** @returns `undefined` for one with neither code nor words. */
export function toCoding(given: unknown): Coding | undefined {
  if (!isJson(given)) return undefined
  const coding = defined({
    system: uri(given['system']),
    version: text(given['version']),
    code: matching(given['code'], code),
    display: text(given['display']),
    userSelected: flag(given['userSelected'])
  })
  return (coding.code ?? coding.display) ? coding : undefined
}

const codingWords = ({ display, code }: Coding): string => display ?? code ?? ''

const comparators = new Set(['<', '<=', '>=', '>'])

function toQuantity(given: unknown): Quantity | undefined {
  if (!isJson(given)) return undefined
  const value = decimal(given['value'])
  const comparator = word(given['comparator'])
  if (value === undefined || (comparator !== undefined && !comparators.has(comparator))) return undefined
  const system = uri(given['system'])
  const unitCode = matching(given['code'], code)
  return defined({
    value,
    comparator: comparator as Quantity['comparator'],
    unit: text(given['unit']),
    // A code needs its system (qty-3).
    ...(system !== undefined && { system, code: unitCode })
  })
}

const quantityWords = ({ comparator, value, unit, code }: Quantity): string =>
  `${comparator ?? ''}${value} ${unit ?? code ?? ''}`.trim()

/** Bytes stay where they are; an address that cannot be followed stays in the title. */
function toAttachment(given: unknown): Attachment | undefined {
  if (!isJson(given)) return undefined
  const data = word(given['data'])
  const base64 = data === undefined ? undefined : findBase64(data)
  const url = harmlessUrl(given['url'])
  const titles = [text(given['title']), url === undefined ? text(given['url']) : undefined]
  if (data !== undefined && base64 === undefined) return undefined
  const contentType = word(given['contentType'])?.replaceAll(/\s+/g, ' ')
  const attachment = defined({
    // Bytes need to say what they are (att-1).
    contentType: contentType ?? (base64 === undefined ? undefined : 'application/octet-stream'),
    language: matching(given['language'], /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/),
    data: base64,
    url,
    size: count(given['size']),
    title: titles.find((title) => title !== undefined),
    creation: dated(given['creation'], isFhirDateTime)
  })
  return Object.keys(attachment).length > 0 ? attachment : undefined
}

const fileWords = ({ title, url, contentType }: Attachment): string =>
  title ?? url ?? (contentType === undefined ? 'A file' : `A file (${contentType})`)

const uses = new Set(['usual', 'official', 'temp', 'secondary', 'old'])

/** @returns `undefined` for one without a value; a person’s number is no document’s. */
export function toIdentifier(given: unknown): Identifier | undefined {
  if (!isJson(given)) return undefined
  const value = text(given['value'])
  const use = word(given['use'])
  if (value === undefined || uri(given['system']) === systems.nhsNumber) return undefined
  return defined({
    use: use !== undefined && uses.has(use) ? (use as Identifier['use']) : undefined,
    system: uri(given['system']),
    value
  })
}

/** Codes of a label; one that cannot be read stays a label, which nobody may see. */
export const toLabels = (meta: unknown): Coding[] =>
  (isJson(meta) && Array.isArray(meta['security']) ? meta['security'] : [])
    .filter(isJson)
    .map((label: Json) => toCoding(label) ?? { display: 'A label that could not be read' })
