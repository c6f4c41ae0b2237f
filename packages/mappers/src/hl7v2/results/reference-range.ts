import { defined, type ObservationReferenceRange } from '@chesil/fhir'
import { findNumber } from './number.ts'
import { toQuantity, type Unit } from './quantity.ts'

const between = /^\s*([+-]?[\d.]+)\s*(?:-|–|to|\.\.)\s*([+-]?[\d.]+)\s*$/i
const bounded = /^\s*(<=|>=|[<>≤≥])\s*([+-]?[\d.]+)\s*$/

/**
 * OBX-7 as it is written, and its bounds where it is no more than two numbers or one. `<5` has 5 as its upper bound;
 * the words say that it is not part of the range.
 *
 * @param text OBX-7. Anything else than numbers (`Negative`, `Moderate risk: 200-239`) stays words.
 */
export function toReferenceRange(text: string, unit: Unit): ObservationReferenceRange[] | undefined {
  const words = text.trim()
  if (words === '') return undefined
  return [{ ...boundsOf(words, unit), text: words }]
}

function boundsOf(words: string, unit: Unit): Pick<ObservationReferenceRange, 'low' | 'high'> {
  const two = between.exec(words)
  if (two) return inOrder(boundOf(two[1], unit), boundOf(two[2], unit))
  const one = bounded.exec(words)
  const bound = boundOf(one?.[2], unit)
  if (!one || !bound) return {}
  return /[<≤]/.test(one[1] ?? '') ? { high: bound } : { low: bound }
}

const boundOf = (text: string | undefined, unit: Unit) => {
  const number = text === undefined ? undefined : findNumber(text)
  return number && toQuantity(number, unit)
}

type Bound = ReturnType<typeof boundOf>

function inOrder(low: Bound, high: Bound): Pick<ObservationReferenceRange, 'low' | 'high'> {
  const isRange = low?.value !== undefined && high?.value !== undefined && low.value <= high.value
  return isRange ? defined({ low, high }) : {}
}
