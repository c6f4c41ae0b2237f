import type { ClaimedSubject } from '@chesil/contracts'
import { fingerprint } from '../fingerprint.ts'

/** Cells that councils word themselves stand in names, too. */
const longestRest = 300

/**
 * What an item is called. The person comes first, written so that no number of one person and what follows it can be
 * taken for those of another: councils number neither services nor events, and two people may have the same care from
 * the same day.
 */
export function itemName(
  { system, value }: ClaimedSubject['local'],
  kind: string,
  ...parts: readonly string[]
): string {
  const rest = JSON.stringify([kind, ...parts])
  const short = rest.length <= longestRest ? rest : `${rest.slice(0, longestRest)}~${fingerprint(rest)}`
  return `${JSON.stringify([system, value])}${short}`
}
