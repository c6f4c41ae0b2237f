import type { Period, Stu3Resource } from './stu3.ts'

/** @returns the day an item is about, as a practice sorts and searches by it; `undefined` when it does not say. */
export function findEventDate(item: Stu3Resource | undefined): string | undefined {
  if (!item) return undefined
  const started = (item['period'] as Period | undefined)?.start ?? item.effectivePeriod?.start
  const dates = [started, ...dateElements.map((element) => item[element])]
  return dates.find((date) => typeof date === 'string')?.slice(0, 10)
}

const dateElements = [
  'effectiveDateTime',
  'occurrenceDateTime',
  'onsetDateTime',
  'issued',
  'date',
  'authoredOn',
  'assertedDate',
  'created'
]
