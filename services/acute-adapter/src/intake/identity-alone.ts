import { findHl7v2Trigger, type Hl7v2Message, type Hl7v2Segment } from '@chesil/mappers'

/** Fields that say who is who, and when that was said; absent: all. Numbers of stays and accounts are not among them. */
const kept: ReadonlyMap<string, (field: number) => boolean> = new Map([
  ['MSH', () => true],
  ['EVN', (field: number) => [0, 1, 2, 6].includes(field)],
  ['PID', (field: number) => field !== 18],
  ['MRG', (field: number) => ![3, 5, 6].includes(field)]
])

const says: ReadonlySet<unknown> = new Set(['merge', 'link', 'unlink'])

/**
 * What a message says of who is who, without anything of a stay: two people must not stay joined, or apart, because
 * the message names a clinic as well.
 *
 * @returns nothing for a message that says no such thing. To move a stay is nothing where the stay is not shared.
 */
export function identityAlone({ type, trigger, segments }: Hl7v2Message): string | undefined {
  if (type !== 'ADT' || !says.has(findHl7v2Trigger(trigger)?.says)) return undefined
  return segments.flatMap((segment) => cut(segment) ?? []).join('\r')
}

function cut({ name, raw, fields, delimiters }: Hl7v2Segment): string | undefined {
  const isKept = kept.get(name)
  if (name === 'MSH' || !isKept) return isKept && raw
  return fields.map((field, at) => (isKept(at) ? field : '')).join(delimiters.fieldSeparator)
}
