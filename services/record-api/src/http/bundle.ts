import type { Bundle, OperationOutcome } from '@chesil/fhir'
import { type Piece, toPiece } from '../view/gzip-stream.ts'

export interface BundleHead {
  readonly type: 'searchset' | 'history'
  readonly id: string
  /** ms since 1970 */
  readonly lastUpdated: number
  /** Of matches in all, not of this page. */
  readonly total: number
  readonly links: readonly { readonly relation: 'self' | 'next'; readonly url: string }[]
}

/**
 * A Bundle as pieces: its envelope made fresh, its entries as they are stored, and last what the answer
 * leaves out. The entries end in a comma because that last entry is always there.
 *
 * @see https://hl7.org/fhir/R4/search.html#entry-mode (outcome)
 */
export function bundlePieces(
  head: BundleHead,
  entries: readonly Piece[],
  outcome: OperationOutcome
): readonly Piece[] {
  const envelope: Bundle = {
    resourceType: 'Bundle',
    id: head.id,
    meta: { lastUpdated: new Date(head.lastUpdated).toISOString() },
    type: head.type,
    total: head.total,
    link: head.links.map(({ relation, url }) => ({ relation, url }))
  }
  const opening = `${JSON.stringify(envelope).slice(0, -1)},"entry":[`
  const closing = `${JSON.stringify({ resource: outcome, search: { mode: 'outcome' } })}]}`
  return [toPiece(Buffer.from(opening)), ...entries, toPiece(Buffer.from(closing))]
}
