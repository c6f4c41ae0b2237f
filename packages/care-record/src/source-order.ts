/**
 * When a source said something, by the source's own clock or, for a pull, when our request began.
 * Never when it reached us: late and repeated messages must not change what is current.
 */
export interface SourceOrder {
  /** ISO 8601 in UTC with milliseconds, so that text order is time order. */
  readonly time: string
  /** Tells apart what was said at one time. */
  readonly sequence: number
  /** Of the content, so that the order is total. */
  readonly hash: string
}

/** @returns negative when `a` was said before `b`, 0 when they are the same statement. */
export function compareOrder(a: SourceOrder, b: SourceOrder): number {
  return compare(a.time, b.time) || a.sequence - b.sequence || compare(a.hash, b.hash)
}

export const isLater = (a: SourceOrder, b: SourceOrder | undefined): boolean =>
  b === undefined || compareOrder(a, b) > 0

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
