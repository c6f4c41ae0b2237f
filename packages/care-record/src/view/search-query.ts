import { findDateInterval, OutcomeError } from '@chesil/fhir'
import { parametersByType } from './search-index.ts'

/** A search inside one person's record, understood and checked. */
export interface SearchQuery {
  readonly resourceType: string
  /** All must hold. */
  readonly criteria: readonly Criterion[]
  readonly sort: readonly SortKey[]
  /** What was understood and will be used, as `name=value`, for the `self` link. */
  readonly used: readonly (readonly [string, string])[]
  /** Names that were not understood and are ignored; only with lenient handling. */
  readonly ignored: readonly string[]
}

export type Criterion =
  | { readonly kind: 'token'; readonly parameter: string; readonly anyOf: readonly TokenValue[] }
  | { readonly kind: 'date'; readonly parameter: string; readonly anyOf: readonly DateValue[] }
  | { readonly kind: 'id'; readonly anyOf: readonly string[] }

export interface TokenValue {
  /** `undefined`: any system. Empty: no system. */
  readonly system: string | undefined
  /** `undefined`: any code of the system. */
  readonly code: string | undefined
}

export interface DateValue {
  readonly prefix: DatePrefix
  readonly low: number
  readonly high: number
}

const datePrefixes = ['eq', 'ne', 'lt', 'gt', 'ge', 'le', 'sa', 'eb', 'ap'] as const
export type DatePrefix = (typeof datePrefixes)[number]

export interface SortKey {
  readonly parameter: string
  readonly descending: boolean
}

/**
 * Parameters that route and page a search; they are not criteria here.
 * `_format` is understood by the server as a whole.
 */
const control = new Set(['patient', 'subject', '_count', '_sort', '_format', '_cursor'])

/** Long lists of alternatives cost time and help nobody. */
const maxAlternatives = 50
const maxValueLength = 1_000

/**
 * @param parameters As they came: repeated names mean "and", commas mean "or".
 * @param handling With `strict` an unknown parameter is an error: a filter that is silently dropped would
 *   show more than was asked for.
 * @throws OutcomeError `invalid`, naming the parameter and what would be understood.
 * @see https://hl7.org/fhir/R4/search.html
 */
export function parseSearch(
  resourceType: string,
  parameters: readonly (readonly [string, string])[],
  handling: 'strict' | 'lenient'
): SearchQuery {
  const known = parametersByType.get(resourceType)
  const criteria: Criterion[] = []
  const used: [string, string][] = []
  const ignored: string[] = []
  for (const [name, value] of parameters) {
    if (control.has(name)) continue
    if (value.length > maxValueLength) throw invalid(name, 'its value is too long')
    const kind = kindOf(name, known)
    if (kind) {
      criteria.push(criterion(kind, name, alternatives(name, value)))
      used.push([name, value])
    } else if (handling === 'lenient') ignored.push(name)
    else
      throw invalid(
        name,
        `it is not supported on ${resourceType}; supported: ${supported(resourceType).join(', ')}`
      )
  }
  const sort = parseSort(resourceType, parameters.find(([name]) => name === '_sort')?.[1])
  return { resourceType, criteria, sort, used, ignored }
}

/** Names of all search parameters of a type, the common ones included. */
export function supported(resourceType: string): readonly string[] {
  const known = parametersByType.get(resourceType)
  const own = [...Object.keys(known?.token ?? {}), ...Object.keys(known?.date ?? {})]
  return ['_id', '_lastUpdated', ...own.sort()]
}

type Kind = Criterion['kind']

function kindOf(name: string, known: ReturnType<typeof parametersByType.get>): Kind | undefined {
  if (name === '_id') return 'id'
  if (name === '_lastUpdated') return 'date'
  if (known && Object.hasOwn(known.token, name)) return 'token'
  return known && Object.hasOwn(known.date, name) ? 'date' : undefined
}

function criterion(kind: Kind, parameter: string, values: readonly string[]): Criterion {
  if (kind === 'id') return { kind, anyOf: values.map(unescaped) }
  if (kind === 'token') return { kind, parameter, anyOf: values.map(parseToken) }
  return { kind, parameter, anyOf: values.map((value) => parseDate(parameter, unescaped(value))) }
}

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

function parseToken(value: string): TokenValue {
  const [first = '', ...rest] = splitAt('|', value)
  if (rest.length === 0) return { system: undefined, code: unescaped(first) }
  return { system: unescaped(first), code: unescaped(rest.join('|')) || undefined }
}

function parseDate(parameter: string, value: string): DateValue {
  const given = datePrefixes.find((prefix) => value.startsWith(prefix))
  const interval = findDateInterval(given ? value.slice(2) : value)
  if (!interval) throw invalid(parameter, 'a FHIR date is needed, such as ge2026-03-01')
  return { prefix: given ?? 'eq', ...interval }
}

function parseSort(resourceType: string, text: string | undefined): readonly SortKey[] {
  if (!text) return []
  const sortable = new Set(supported(resourceType))
  const keys = text.split(',').map((part) => {
    const descending = part.startsWith('-')
    const parameter = descending ? part.slice(1) : part
    if (!sortable.has(parameter)) {
      throw invalid('_sort', `it can be by ${[...sortable].join(', ')}, with - for descending`)
    }
    return { parameter, descending }
  })
  const isRepeated = new Set(keys.map(({ parameter }) => parameter)).size < keys.length
  if (isRepeated) throw invalid('_sort', 'it names a parameter twice')
  return keys
}

function invalid(name: string, reason: string): OutcomeError {
  return new OutcomeError('invalid', `Search parameter ${printable(name)}: ${reason}`)
}

/** A name comes from the caller: it goes back cut and without control characters. */
const printable = (name: string): string => name.replace(/[^\w:.\-[\]$]/g, '?').slice(0, 60)
