import type { Quantity } from '@chesil/fhir'

/** A number as laboratories write it, and how exactly. */
export interface WrittenNumber {
  readonly value: number
  readonly comparator?: NonNullable<Quantity['comparator']>
  /** Digits after the point, noughts included. */
  readonly decimals: number
}

const comparators: ReadonlyMap<string, NonNullable<Quantity['comparator']>> = new Map([
  ['<', '<'],
  ['>', '>'],
  ['<=', '<='],
  ['>=', '>='],
  ['≤', '<='],
  ['≥', '>=']
])

const written = /^(<=|>=|[<>≤≥])?\s*([+-]?)(\d*)(?:\.(\d+))?$/
/** A double holds fifteen digits exactly, whatever they are. */
const exactDigits = 15

/**
 * The standard allows a sign, digits and a point; laboratories also put `<` or `>=` before them.
 *
 * @returns `undefined` for what is no such number, and for one of more digits than can be kept.
 */
export function findNumber(text: string): WrittenNumber | undefined {
  const match = written.exec(text.trim())
  if (!match) return undefined
  const [, comparison = '', sign = '', whole = '', fraction = ''] = match
  if (whole === '' && fraction === '') return undefined
  if (`${whole}${fraction}`.replace(/^0+/, '').length > exactDigits || fraction.length > exactDigits)
    return undefined
  const comparator = comparators.get(comparison)
  const value = Number(`${sign === '-' ? '-' : ''}${whole || '0'}.${fraction || '0'}`)
  return { value: value === 0 ? 0 : value, decimals: fraction.length, ...(comparator && { comparator }) }
}
