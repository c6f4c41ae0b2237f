import { defined, type Extension, type Quantity, type Range, type Ratio, systems } from '@chesil/fhir'
import { decimal, isJson, type Json, text, uri, word } from '../../json.ts'
import type { Item } from '../item.ts'
import { findCode, same } from './coding.ts'
import { keepAsText } from './unread.ts'

const comparators = same('<', '<=', '>=', '>')

/** Whether it is "more than" or "less than" something in a way that R4 has no word for: its number alone would be wrong. */
export const hasUnreadComparator = (value: Json): boolean =>
  (value['comparator'] ?? '') !== '' && !comparators.has(word(value['comparator']) ?? '')

/** The whole as it was sent, as `≤ 5.60 mmol/L`: a number sent as a string keeps its noughts. */
export function quantityText(value: unknown): string {
  if (!isJson(value)) return ''
  const number = typeof value['value'] === 'number' ? String(value['value']) : word(value['value'])
  const unit = text(value['unit']) ?? word(value['code'])
  return [word(value['comparator']), number, unit].filter((part) => part !== undefined).join(' ')
}

/**
 * One with a comparator that cannot be read is kept as text alone.
 *
 * @param extension What is to stand on the quantity itself.
 */
export function toQuantity(
  value: unknown,
  label: string,
  item: Item,
  extension?: Extension[]
): Quantity | undefined {
  if (value === undefined || value === null) return undefined
  if (!isJson(value)) {
    keepAsText(value, label, item)
    return undefined
  }
  if (hasUnreadComparator(value)) {
    keepAsText(quantityText(value), label, item)
    return extension && { extension }
  }
  const quantity = defined({
    extension,
    value: toDecimal(value['value'], label, item),
    comparator: findCode(value['comparator'], comparators, { label, item }),
    ...toUnit(value)
  })
  return Object.keys(quantity).length > 0 ? quantity : undefined
}

/** A quantity that may not be "more than" or "less than" something. */
export function toSimpleQuantity(
  value: unknown,
  label: string,
  item: Item,
  extension?: Extension[]
): Quantity | undefined {
  const found = toQuantity(value, label, item, extension)
  if (found?.comparator === undefined) return found
  keepAsText(quantityText(value), label, item)
  return extension && { extension }
}

/** Some write the number as a string. */
function toDecimal(value: unknown, label: string, item: Item): number | undefined {
  const number = decimal(value)
  if (number !== undefined) return number
  if (typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value)
  if (value !== undefined && value !== null) keepAsText(value, label, item)
  return undefined
}

/** A code means nothing without its system: it is then all the unit there is. */
function toUnit(source: Json): {
  unit: string | undefined
  system: string | undefined
  code: string | undefined
} {
  const system = uri(source['system'])
  const unit = text(source['unit'])
  const code = word(Array.isArray(source['code']) ? source['code'][0] : source['code'])
  return system === undefined ? { unit: unit ?? code, system, code: undefined } : { unit, system, code }
}

/** A range that runs backwards is none (rng-2). */
export function toRange(value: unknown, label: string, item: Item): Range | undefined {
  if (!isJson(value)) return undefined
  const low = toSimpleQuantity(value['low'], `${label} from`, item)
  const high = toSimpleQuantity(value['high'], `${label} to`, item)
  if (low === undefined && high === undefined) return undefined
  if ((low?.value ?? Number.NEGATIVE_INFINITY) <= (high?.value ?? Number.POSITIVE_INFINITY)) {
    return defined({ low, high })
  }
  keepAsText(`${low?.value} to ${high?.value} ${high?.unit ?? high?.code ?? ''}`, label, item)
  return undefined
}

export function toRatio(value: unknown, label: string, item: Item): Ratio | undefined {
  if (!isJson(value)) return undefined
  const numerator = toQuantity(value['numerator'], label, item)
  const denominator = toQuantity(value['denominator'], label, item)
  if (numerator === undefined && denominator === undefined) return undefined
  // R4 wants both or neither (rat-1).
  if (numerator !== undefined && denominator !== undefined) return { numerator, denominator }
  keepAsText(`${numerator?.value ?? '?'} to ${denominator?.value ?? '?'}`, label, item)
  return undefined
}

/** An age without a unit of time is no age (age-1). */
export function toAge(value: unknown, label: string, item: Item): Quantity | undefined {
  const found = toSimpleQuantity(value, label, item)
  if (
    found === undefined ||
    (found.code !== undefined && found.system === systems.ucum && (found.value ?? 0) > 0)
  ) {
    return found
  }
  keepAsText(`${found.value ?? ''} ${found.unit ?? found.code ?? ''}`, label, item)
  return undefined
}

/** A code that is not UCUM's, or stands without a value, is not one of a duration (drt-1). */
export function toDuration(value: unknown, label: string, item: Item): Quantity | undefined {
  const found = toSimpleQuantity(value, label, item)
  if (found?.code === undefined || (found.system === systems.ucum && found.value !== undefined)) return found
  const { code, system: _, ...rest } = found
  return { ...rest, unit: rest.unit ?? code }
}
