import { OutcomeError } from '@chesil/fhir'

/** A page holds so many resources unless asked otherwise, and at most. */
const defaultCount = 100
const maxCount = 1_000

/**
 * @param text `_count` as it came.
 * @throws OutcomeError `invalid` for what is no number. More than 1,000 are taken as 1,000.
 */
export function parseCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw new OutcomeError('invalid', '_count needs a whole number')
  return Math.min(Number(text), maxCount)
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** The last one, when there are more after it. */
  readonly last: Item | undefined
}

/**
 * The items after a place, in an order that is the same every time: what is hidden or shown differently by
 * now neither repeats nor skips another.
 *
 * @param sorted All items in order.
 * @param isAfter Whether an item comes after the place where the page before ended.
 */
export function pageOf<Item>(
  sorted: readonly Item[],
  count: number | undefined,
  isAfter: ((item: Item) => boolean) | undefined
): Page<Item> {
  const start = isAfter ? sorted.findIndex(isAfter) : 0
  const rest = start < 0 ? [] : sorted.slice(start)
  const items = rest.slice(0, count ?? rest.length)
  return { items, last: items.length < rest.length ? items.at(-1) : undefined }
}

export const searchCount = (text: string | undefined): number => parseCount(text) ?? defaultCount
