import type { Segment } from '../message.ts'
import { field, part, text } from '../message.ts'
import type { OrderGroup } from './order-groups.ts'
import { serviceOf } from './result-items.ts'

/** EI: the number and who gave it. */
export function numberOf(segment: Segment | undefined, at: number): string | undefined {
  const [value] = field(segment, at)
  const number = part(value)
  if (number === undefined) return undefined
  const authority = part(value, 2)
  return authority === undefined ? number : `${number}^${authority}`
}

/**
 * By what number results are known: the laboratory's (OBR-3, ORC-3); where it gives none the requester's (OBR-2,
 * ORC-2); else the person, the service and when the specimen was taken. Without an order, when the result was obtained.
 *
 * @param person What tells one person's items from another's.
 */
export function orderNumberOf({ request, control, results }: OrderGroup, person: string): string {
  const segment = request?.segment
  const filler = numberOf(segment, 3) ?? numberOf(control, 3)
  const placer = numberOf(segment, 2) ?? numberOf(control, 2)
  if (filler !== undefined || placer !== undefined) return filler ?? `placer:${placer}`
  if (segment) return `${person}/${serviceOf(segment)}/${text(segment, 7) ?? ''}`
  return `${person}/${text(results[0]?.segment, 14) ?? ''}`
}
