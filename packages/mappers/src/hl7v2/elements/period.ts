import { findDateInterval } from '@chesil/fhir'

/** @returns false where a period would end before it begins; what cannot be compared is in order. */
export function isInOrder(start: string | undefined, end: string | undefined): boolean {
  const [from, to] = [start, end].map((date) => (date === undefined ? undefined : findDateInterval(date)))
  return from === undefined || to === undefined || from.low <= to.low
}
