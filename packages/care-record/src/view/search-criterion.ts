import { findDateInterval, OutcomeError } from '@chesil/fhir'
import type { ParameterKind, SearchParameter } from './search-parameters.ts'
import { folded } from './search-values.ts'

/** One condition of a search: any of its values may hold. */
export type Criterion =
  | { readonly kind: 'id'; readonly anyOf: readonly string[] }
  | {
      readonly kind: 'token'
      readonly parameter: string
      /** `identifier`: that of a reference which names nothing else. */
      readonly modifier?: 'not' | 'identifier'
      readonly anyOf: readonly TokenValue[]
    }
  | { readonly kind: 'date'; readonly parameter: string; readonly anyOf: readonly DateValue[] }
  | {
      readonly kind: 'string'
      readonly parameter: string
      /** `text`: what people read of a code. */
      readonly modifier?: 'exact' | 'contains' | 'text'
      /** Folded, but for `exact`. */
      readonly anyOf: readonly string[]
    }
  | { readonly kind: 'reference'; readonly parameter: string; readonly anyOf: readonly ReferenceValue[] }
  | { readonly kind: 'quantity'; readonly parameter: string; readonly anyOf: readonly QuantityRange[] }
  | {
      readonly kind: 'uri'
      readonly parameter: string
      readonly modifier?: 'above' | 'below'
      readonly anyOf: readonly string[]
    }
  | { readonly kind: 'missing'; readonly parameter: string; readonly anyOf: readonly boolean[] }

export interface TokenValue {
  /** `undefined`: any system. Empty: no system. */
  readonly system: string | undefined
  /** `undefined`: any code of the system. */
  readonly code: string | undefined
}

const prefixes = ['eq', 'ne', 'lt', 'gt', 'ge', 'le', 'sa', 'eb', 'ap'] as const
export type Prefix = (typeof prefixes)[number]

export interface DateValue {
  readonly prefix: Prefix
  readonly low: number
  readonly high: number
}

/** An id alone is that of whatever type; all else is compared as a whole. */
export type ReferenceValue = { readonly id: string } | { readonly reference: string }

export interface QuantityRange {
  readonly prefix: Prefix
  readonly number: number
  /** `[low, high)`: what is equal to the number as precisely as it was written. */
  readonly low: number
  readonly high: number
  /** As in `TokenValue`; without a code of any unit. */
  readonly system: string | undefined
  readonly code: string | undefined
}

/** Long lists of alternatives cost time and help nobody. */
const maxAlternatives = 50

/**
 * @param baseUrl Of this server: its absolute addresses mean what is here.
 * @returns `undefined` for a modifier that is not supported.
 * @throws OutcomeError `invalid` for a value that is none of that kind.
 */
export function toCriterion(
  parameter: SearchParameter,
  modifier: string | undefined,
  value: string,
  baseUrl: string
): Criterion | undefined {
  const { name, kind } = parameter
  const values = alternatives(name, value)
  if (modifier === 'missing') {
    return { kind: 'missing', parameter: name, anyOf: values.map((one) => parseBoolean(name, one)) }
  }
  return ofKind[kind](name, modifier, values, baseUrl)
}

type ToCriterion = (
  name: string,
  modifier: string | undefined,
  values: readonly string[],
  baseUrl: string
) => Criterion | undefined

const ofKind: Readonly<Record<ParameterKind, ToCriterion>> = {
  token(parameter, modifier, values) {
    if (modifier === 'text') return { kind: 'string', parameter, modifier, anyOf: texts(values) }
    const anyOf = values.map(parseToken)
    if (modifier === 'not') return { kind: 'token', parameter, modifier, anyOf }
    return modifier === undefined ? { kind: 'token', parameter, anyOf } : undefined
  },

  string(parameter, modifier, values) {
    if (modifier === 'exact') return { kind: 'string', parameter, modifier, anyOf: values.map(unescaped) }
    if (modifier === 'contains') return { kind: 'string', parameter, modifier, anyOf: texts(values) }
    return modifier === undefined ? { kind: 'string', parameter, anyOf: texts(values) } : undefined
  },

  reference(parameter, modifier, values, baseUrl) {
    if (modifier === 'identifier') {
      return { kind: 'token', parameter, modifier, anyOf: values.map(parseToken) }
    }
    if (modifier !== undefined && !/^[A-Z]/.test(modifier)) return undefined
    const anyOf = values.map((one) => parseReference(parameter, unescaped(one), modifier, baseUrl))
    return { kind: 'reference', parameter, anyOf }
  },

  uri(parameter, modifier, values) {
    const anyOf = values.map(unescaped)
    if (modifier === 'above' || modifier === 'below') return { kind: 'uri', parameter, modifier, anyOf }
    return modifier === undefined ? { kind: 'uri', parameter, anyOf } : undefined
  },

  date(parameter, modifier, values) {
    if (modifier !== undefined) return undefined
    return { kind: 'date', parameter, anyOf: values.map((one) => parseDate(parameter, unescaped(one))) }
  },

  quantity(parameter, modifier, values) {
    if (modifier !== undefined) return undefined
    return { kind: 'quantity', parameter, anyOf: values.map((one) => parseQuantity(parameter, one)) }
  }
}

export const toIdCriterion = (value: string): Criterion => ({
  kind: 'id',
  anyOf: alternatives('_id', value).map(unescaped)
})

/** A comma separates alternatives. @returns them with their escapes. */
function alternatives(name: string, value: string): string[] {
  const values = splitAt(',', value).map((one) => one.trim())
  if (values.some((one) => one === '')) throw invalid(name, 'a value is empty')
  if (values.length > maxAlternatives) throw invalid(name, `more than ${maxAlternatives} alternatives`)
  return values
}

/** At each separator that no backslash escapes. @see https://hl7.org/fhir/R4/search.html#escaping */
function splitAt(separator: ',' | '|', text: string): string[] {
  const parts = ['']
  for (const [piece] of text.matchAll(/\\.|./gs)) {
    if (piece === separator) parts.push('')
    else parts.push(`${parts.pop()}${piece}`)
  }
  return parts
}

const unescaped = (text: string): string => text.replace(/\\([,$|\\])/g, '$1')
const texts = (values: readonly string[]): string[] => values.map((one) => folded(unescaped(one)))

function parseBoolean(name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw invalid(`${name}:missing`, 'true or false is needed')
}

function parseToken(value: string): TokenValue {
  const [first = '', ...rest] = splitAt('|', value)
  if (rest.length === 0) return { system: undefined, code: unescaped(first) }
  return { system: unescaped(first), code: unescaped(rest.join('|')) || undefined }
}

function parseDate(parameter: string, value: string): DateValue {
  const given = prefixOf(value)
  const interval = findDateInterval(given ? value.slice(2) : value)
  if (!interval) throw invalid(parameter, 'a FHIR date is needed, such as ge2026-03-01')
  return { prefix: given ?? 'eq', ...interval }
}

const prefixOf = (value: string): Prefix | undefined => prefixes.find((prefix) => value.startsWith(prefix))

function parseReference(
  name: string,
  value: string,
  type: string | undefined,
  baseUrl: string
): ReferenceValue {
  const local = value.startsWith(`${baseUrl}/`) ? value.slice(baseUrl.length + 1) : value
  if (type === undefined) return isId(local) ? { id: local } : { reference: local }
  if (isId(local)) return { reference: `${type}/${local}` }
  throw invalid(`${name}:${type}`, 'an id without a type is needed')
}

const isId = (text: string): boolean => /^[A-Za-z0-9.-]{1,64}$/.test(text)

/** `[prefix]number`, `[prefix]number|system|code` or `[prefix]number||code`. */
function parseQuantity(name: string, value: string): QuantityRange {
  const [first = '', system = '', code = '', ...more] = splitAt('|', value)
  const prefix = prefixOf(first)
  const number = /^([+-]?\d{1,15})(?:\.(\d{1,15}))?(?:e([+-]?\d{1,2}))?$/i.exec(
    prefix ? first.slice(2) : first
  )
  const digits = Number(`${number?.[1]}${number?.[2] ?? ''}`)
  if (!number || !Number.isSafeInteger(digits * 10) || more.length > 0) {
    throw invalid(name, 'a number is needed, such as gt5.4 or 5.4|http://unitsofmeasure.org|mmol/L')
  }
  const exponent = Number(number[3] ?? 0) - (number[2]?.length ?? 0)
  const tenths = (count: number) => Number(`${count}e${exponent - 1}`) // as text: the nearest that a number can be
  return {
    prefix: prefix ?? 'eq',
    number: tenths(digits * 10),
    low: tenths(digits * 10 - 5),
    high: tenths(digits * 10 + 5),
    system: unescaped(system) || undefined,
    code: unescaped(code) || undefined
  }
}

export function invalid(name: string, reason: string): OutcomeError {
  return new OutcomeError('invalid', `Search parameter ${printable(name)}: ${reason}`)
}

/** A name comes from the caller: it goes back cut and without control characters. */
const printable = (name: string): string => name.replace(/[^\w:.\-[\]$]/g, '?').slice(0, 60)
