import { findDateInterval, type Resource } from '@chesil/fhir'

/**
 * What a search compares, as it is found in a resource: by path, and for each kind of parameter.
 *
 * @param path Elements, by dots; lists are gone through, and what is not there gives nothing.
 */
export function valuesAt(resource: Resource, path: string): unknown[] {
  let values: unknown[] = [resource]
  for (const name of path.split('.')) {
    values = values.flatMap((value) => {
      const next = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
      return next === undefined ? [] : Array.isArray(next) ? next : [next]
    })
  }
  return values
}

/** The code of the Medication that a statement or an order contains and refers to. */
export function containedMedicine(resource: Resource): unknown {
  const [reference] = valuesAt(resource, 'medicationReference').flatMap((value) => textAt(value, 'reference'))
  if (!reference?.startsWith('#')) return undefined
  const found = valuesAt(resource, 'contained').find((one) => textAt(one, 'id')[0] === reference.slice(1))
  return isObject(found) ? found['code'] : undefined
}

/** A code, a yes or no, a Coding, a CodeableConcept, an Identifier or a ContactPoint. */
export function tokensIn(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [`|${value}`]
  if (!isObject(value)) return []
  const codings = Array.isArray(value['coding']) ? value['coding'] : [value]
  return codings.flatMap((coding) => {
    const [code] = [...textAt(coding, 'code'), ...textAt(coding, 'value')]
    return code === undefined ? [] : [tokenOf(textAt(coding, 'system')[0] ?? '', code)]
  })
}

/** The first bar ends the system, since no URI has one; a code may have more. */
export const tokenOf = (system: string, code: string): string => `${system.replaceAll('|', '%7C')}|${code}`

/** What people read of a code: of a concept its text and displays, of an identifier what kind it is. */
export function tokenTextsIn(value: unknown): string[] {
  if (!isObject(value)) return []
  const codings = Array.isArray(value['coding']) ? value['coding'] : []
  const own = [...textAt(value, 'text'), ...textAt(value, 'display'), ...textAt(value['type'], 'text')]
  return [...own, ...codings.flatMap((coding) => textAt(coding, 'display'))]
}

/** Open ends reach as far as JSON can say: FHIR reads a period without an end as going on. */
const never = 8_640_000_000_000_000

/** @returns `[low, high)` in ms since 1970, of a date, an instant or a Period. */
export function intervalIn(value: unknown): [number, number][] {
  if (typeof value === 'string') {
    const interval = findDateInterval(value)
    return interval ? [[interval.low, interval.high]] : []
  }
  if (!isObject(value)) return []
  const [start] = textAt(value, 'start').flatMap(intervalIn)
  const [end] = textAt(value, 'end').flatMap(intervalIn)
  return start || end ? [[start?.[0] ?? -never, end?.[1] ?? never]] : []
}

/** Of a HumanName or an Address every part. @see https://hl7.org/fhir/R4/search.html#string */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (!isObject(value)) return []
  return partsOfNames.flatMap((part) => {
    const found = value[part]
    return typeof found === 'string' ? [found] : Array.isArray(found) ? found.flatMap(stringsIn) : []
  })
}

const partsOfNames = [
  ...(['text', 'family', 'given', 'prefix', 'suffix'] as const), // HumanName
  ...(['line', 'city', 'district', 'state', 'postalCode', 'country'] as const) // Address
]

/** Case, accents and the width of blanks make no difference. */
export const folded = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').trim().toLowerCase()

/** `Type/id` of ours, or the address of what is elsewhere; of a canonical the address without its version. */
export function referencesIn(value: unknown): string[] {
  if (typeof value === 'string') return [value.replace(/\|.*$/s, '')]
  return textAt(value, 'reference')
}

/** The numbers that a quantity may stand for; `<5` says what it is not. */
export interface QuantityValue {
  readonly low: number
  readonly high: number
  readonly system: string
  /** Its coded unit and the one people read. */
  readonly units: readonly string[]
}

export function quantitiesIn(value: unknown): QuantityValue[] {
  const number = isObject(value) ? value['value'] : undefined
  if (typeof number !== 'number') return []
  const [comparator] = textAt(value, 'comparator')
  const [low, high] = numbersOf(number, comparator)
  const system = textAt(value, 'system')[0] ?? ''
  return [{ low, high, system, units: [...textAt(value, 'code'), ...textAt(value, 'unit')] }]
}

function numbersOf(number: number, comparator: string | undefined): readonly [number, number] {
  const step = Math.max(Math.abs(number) * Number.EPSILON, Number.MIN_VALUE)
  switch (comparator) {
    case '<':
      return [-Infinity, number - step]
    case '<=':
      return [-Infinity, number]
    case '>':
      return [number + step, Infinity]
    case '>=':
      return [number, Infinity]
    default:
      return [number, number]
  }
}

export const textAt = (value: unknown, name: string): string[] => {
  const text = isObject(value) ? value[name] : undefined
  return typeof text === 'string' ? [text] : []
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
