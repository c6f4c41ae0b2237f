import { defined, type Observation, type ObservationComponent, type Ratio } from '@chesil/fhir'
import { toDateTime } from '../date-time.ts'
import { toConcept } from '../elements/concepts.ts'
import type { Reading } from '../elements/reading.ts'
import { field, part, plainText, type Repetition, type Segment, text } from '../message.ts'
import { findNumber } from './number.ts'
import { toQuantity, toUnit, type Unit } from './quantity.ts'

type Value = Pick<
  ObservationComponent,
  | 'valueQuantity'
  | 'valueCodeableConcept'
  | 'valueString'
  | 'valueRange'
  | 'valueRatio'
  | 'valueTime'
  | 'valueDateTime'
>

/** OBX-6. A power of ten whose `^` was not escaped, as `x10^9/L`, is one unit and no coded element. */
export function unitOf(result: Segment): Unit {
  const whole = plainText(result, 6) ?? ''
  const power = /^[x* ]*(10\^\d+\/[^\s^]+)$/i.exec(whole)?.[1]
  if (power === undefined)
    return toUnit(text(result, 6, 1, 0) ?? '', text(result, 6, 2, 0) ?? '', text(result, 6, 3) ?? '')
  return { ...toUnit(power, '', ''), unit: whole }
}

/** ST, TX and FT: several of one name are the lines of one text. */
export const isText = (result: Segment): boolean =>
  ['ST', 'TX', 'FT', ''].includes(text(result, 2)?.toUpperCase() ?? '')

/**
 * OBX-5, by its type in OBX-2. Several values of one result are components of it, each with the result's code.
 *
 * @param code Of the Observation.
 */
export function toValue(
  result: Segment,
  code: Observation['code'],
  reading: Reading
): Value | Pick<Observation, 'component'> {
  if (isText(result)) return toTextValue(result)
  const values = field(result, 5).flatMap((value) => {
    const found = toOne(value, result, reading)
    return found === undefined ? [] : [found]
  })
  if (values.length < 2) return values[0] ?? {}
  return { component: values.map((value) => ({ code, ...value })) }
}

/** Some laboratories send numbers as texts, with a unit: these are numbers. */
function toTextValue(result: Segment): Value {
  const words = plainText(result, 5)
  const unit = unitOf(result)
  const number = words === undefined || unit.unit === undefined ? undefined : findNumber(words)
  if (number) return { valueQuantity: toQuantity(number, unit) }
  return defined({ valueString: words === undefined ? undefined : withUnit(words, unit) })
}

const withUnit = (words: string, { unit }: Unit): string => (unit === undefined ? words : `${words} ${unit}`)

const readers: ReadonlyMap<string, (value: Repetition, unit: Unit, reading: Reading) => Value | undefined> =
  new Map([
    ['NM', toNumber],
    ['SN', toStructuredNumber],
    ['CE', toCode],
    ['CWE', toCode],
    ['CNE', toCode],
    ['CF', toCode],
    ['IS', toCode],
    ['ID', toCode],
    ['DT', toTime],
    ['TS', toTime],
    ['DTM', toTime],
    ['TM', toTimeOfDay]
  ])

function toOne(value: Repetition, result: Segment, reading: Reading): Value | undefined {
  const unit = unitOf(result)
  const read = readers.get(text(result, 2)?.toUpperCase() ?? '')
  const found = read?.(value, unit, reading)
  if (found) return found
  const words = value.components.flatMap((_, at) => part(value, at + 1, 0) ?? []).join(' ')
  if (words === '') return undefined
  reading.unread.push('The value could not be read as what it is said to be')
  return { valueString: withUnit(words, unit) }
}

function toNumber(value: Repetition, unit: Unit): Value | undefined {
  const number = findNumber(part(value, 1, 0) ?? '')
  return number && { valueQuantity: toQuantity(number, unit) }
}

/** SN: comparator^number^separator^number, as `>^100`, `^1^:^128` or `^5^-^10`. */
function toStructuredNumber(value: Repetition, unit: Unit): Value | undefined {
  const [comparator = '', first = '', separator = '', second = ''] = [1, 2, 3, 4].map((at) =>
    part(value, at, 0)
  )
  const number = findNumber(`${comparator.replace(/^=$/, '')}${first}`)
  if (!number) return undefined
  if (separator === '') return { valueQuantity: toQuantity(number, unit) }
  const other = findNumber(second)
  if (!other || number.comparator || other.comparator) return undefined
  const [low, high] = [toQuantity(number, unit), toQuantity(other, unit)]
  if (separator === '-') return number.value <= other.value ? { valueRange: { low, high } } : undefined
  const valueRatio: Ratio = { numerator: toQuantity(number, {}), denominator: toQuantity(other, {}) }
  return [':', '/'].includes(separator) ? { valueRatio } : undefined
}

function toCode(value: Repetition, _: Unit, reading: Reading): Value | undefined {
  const valueCodeableConcept = toConcept(value, 'Value', reading)
  return valueCodeableConcept && { valueCodeableConcept }
}

function toTime(value: Repetition): Value | undefined {
  const valueDateTime = toDateTime(part(value))
  return valueDateTime === undefined ? undefined : { valueDateTime }
}

function toTimeOfDay(value: Repetition): Value | undefined {
  const match = /^([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(\.\d{1,4})?$/.exec(part(value) ?? '')
  if (!match) return undefined
  return { valueTime: `${match[1]}:${match[2]}:${match[3] ?? '00'}` }
}
