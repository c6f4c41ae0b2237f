import { findDateInterval, type Resource } from '@chesil/fhir'
import { type Constraint, evalFhirPathTyped, type FhirPathAtom, parseFhirPath } from '@medplum/core'

/** A constraint of the structure definitions; `expression` is FHIRPath and must be true. */
export type Invariant = Pick<Constraint, 'key' | 'expression' | 'description'>

type Fields = Readonly<Record<string, unknown>>

/**
 * Invariants that we decide ourselves: `per-1` and `rng-2` because the library compares dates and
 * quantities as text and number, whatever their zone, precision and unit; the others because they stand on
 * elements that nearly every resource has, and FHIRPath costs microseconds.
 */
const decidedHere: ReadonlyMap<string, (value: Fields) => boolean> = new Map([
  [
    'ext-1',
    (value) => has(value, 'extension') !== Object.keys(value).some((key) => /^_?value[A-Z]/.test(key))
  ],
  ['qty-3', (value) => !has(value, 'code') || has(value, 'system')],
  ['cpt-2', (value) => !has(value, 'value') || has(value, 'system')],
  ['att-1', (value) => !has(value, 'data') || has(value, 'contentType')],
  ['per-1', ({ start, end }) => !isText(start) || !isText(end) || !isAfter(start, end)],
  ['rng-2', ({ low, high }) => !isLarger(low as Fields, high as Fields)]
])

/** A value with its FHIR type, as FHIRPath wants it. */
export interface Typed {
  readonly type: string
  readonly value: unknown
}

/**
 * @param resource The one that the value is an element of.
 * @returns whether the value fulfils the invariant.
 */
export function invariantHolds(invariant: Invariant, input: Typed, resource: Resource): boolean {
  const decide = decidedHere.get(invariant.key)
  return decide ? decide(input.value as Fields) : isTrue(invariant, input, resource)
}

/** As `validateResource` does it: anything but a single `true`, also an error, is a failure. */
function isTrue({ expression }: Invariant, input: Typed, resource: Resource): boolean {
  const whole = { type: resource.resourceType, value: resource }
  const variables = {
    '%context': input,
    '%ucum': { type: 'string', value: 'http://unitsofmeasure.org' },
    '%resource': whole,
    '%rootResource': whole
  }
  try {
    const [first, ...more] = evalFhirPathTyped(parse(expression), [input], variables)
    return first?.value === true && more.length === 0
  } catch {
    return false
  }
}

const parsed = new Map<string, FhirPathAtom>()

function parse(expression: string): FhirPathAtom {
  const atom = parsed.get(expression) ?? parseFhirPath(expression)
  parsed.set(expression, atom)
  return atom
}

const has = (value: Fields, key: string): boolean =>
  value[key] !== undefined || value[`_${key}`] !== undefined
const isText = (value: unknown): value is string => typeof value === 'string'

/** Whether `start` is certainly after `end`, as far as the less precise of them tells. */
function isAfter(start: string, end: string): boolean {
  const shared = Math.min(start.length, end.length)
  if (shared <= 10 && !(start + end).includes('T')) return start.slice(0, shared) > end.slice(0, shared)
  const [first, last] = [findDateInterval(start), findDateInterval(end)]
  return first !== undefined && last !== undefined && first.low >= last.high
}

/** Quantities in different units are not compared. */
function isLarger(low: Fields | undefined, high: Fields | undefined): boolean {
  if (typeof low?.['value'] !== 'number' || typeof high?.['value'] !== 'number') return false
  const sameUnit =
    low['unit'] === high['unit'] && low['code'] === high['code'] && low['system'] === high['system']
  return sameUnit && low['value'] > high['value']
}
