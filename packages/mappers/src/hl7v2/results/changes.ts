import type { ItemEvent } from '@chesil/contracts'
import { isNull, type Segment } from '../message.ts'

/** An element, what a field says it is, and the field: `""` there takes the element back. */
export type Said = readonly [path: string, value: unknown, segment?: Segment | undefined, field?: number]

/** What a message sets, and what it clears; an empty field does neither. */
export function toChanges(said: readonly Said[]): Pick<ItemEvent, 'set' | 'clear'> {
  const set = said.flatMap(([path, value]) => (value === undefined ? [] : [[path, value] as const]))
  const clear = said.flatMap(([path, value, segment, field]) =>
    value === undefined && field !== undefined && isNull(segment, field) ? [path] : []
  )
  return { set: Object.fromEntries(set), ...(clear.length > 0 && { clear }) }
}
