import { defined, type Timing, type TimingRepeat } from '@chesil/fhir'
import { count, decimal, isJson, type Json, some, texts, word } from '../../json.ts'
import type { Item } from '../item.ts'
import { findCode, same, toConcept } from './coding.ts'
import { toDateTime, toPeriod } from './dates.ts'
import { keepAsText } from './unread.ts'

const units = same('s', 'min', 'h', 'd', 'wk', 'mo', 'a')
const days = same('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')
const moments = same(
  ...([
    'MORN',
    'MORN.early',
    'MORN.late',
    'NOON',
    'AFT',
    'AFT.early',
    'AFT.late',
    'EVE',
    'EVE.early'
  ] as const),
  ...(['EVE.late', 'NIGHT', 'PHS', 'HS', 'WAKE', 'C', 'CM', 'CD', 'CV'] as const),
  ...(['AC', 'ACM', 'ACD', 'ACV', 'PC', 'PCM', 'PCD', 'PCV'] as const)
)

/** When a dose is to be taken or a thing to be done, as far as R4's rules for a timing (tim-1 to tim-10) let it be said. */
export function toTiming(value: unknown, item: Item): Timing | undefined {
  if (!isJson(value)) return undefined
  const timing = defined({
    event: some(texts(value['event']).flatMap((event) => toDateTime(event, 'Timing', item) ?? [])),
    repeat: toRepeat(value['repeat'], item),
    code: toConcept(value['code'], 'Timing', item)
  })
  return Object.keys(timing).length > 0 ? timing : undefined
}

function toRepeat(value: unknown, item: Item): TimingRepeat | undefined {
  if (!isJson(value)) return undefined
  const timeOfDay = some(
    texts(value['timeOfDay']).filter((time) => /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(time))
  )
  const repeat = defined({
    boundsPeriod: toPeriod(value['boundsPeriod'], 'Timing', item),
    count: positive(value['count']),
    ...toStretch(value, 'duration', item),
    frequency: positive(value['frequency']),
    frequencyMax: positive(value['frequencyMax']),
    ...toStretch(value, 'period', item),
    dayOfWeek: some(codes(value['dayOfWeek'], days, item)),
    timeOfDay,
    when: timeOfDay === undefined ? some(codes(value['when'], moments, item)) : undefined
  })
  for (const element of ['boundsDuration', 'boundsRange', 'offset', 'countMax']) {
    if (value[element] !== undefined) item.unread.push(`Timing: ${element} was not read; see the text`)
  }
  return Object.keys(repeat).length > 0 ? repeat : undefined
}

const positive = (value: unknown): number | undefined => count(value) || undefined

const codes = <T extends string>(value: unknown, known: ReadonlyMap<string, T>, item: Item): T[] =>
  texts(value).flatMap((code) => findCode(code, known, { label: 'Timing', item }) ?? [])

/** A length of time means nothing without its unit. */
function toStretch(source: Json, name: 'duration' | 'period', item: Item): Partial<TimingRepeat> {
  if (source[name] === undefined && source[`${name}Max`] === undefined) return {}
  const length = decimal(source[name])
  const longest = decimal(source[`${name}Max`])
  const unit = findCode(source[`${name}Unit`], units, { label: 'Timing unit', item })
  if (typeof length !== 'number' || !(length > 0) || unit === undefined) {
    keepAsText(
      `${word(length) ?? String(length)} ${word(source[`${name}Unit`]) ?? ''}`,
      `Timing ${name}`,
      item
    )
    return {}
  }
  const most = longest !== undefined && longest >= length ? longest : undefined
  return name === 'duration'
    ? defined({ duration: length, durationMax: most, durationUnit: unit })
    : defined({ period: length, periodMax: most, periodUnit: unit })
}
