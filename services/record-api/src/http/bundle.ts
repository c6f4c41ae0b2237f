import type { Bundle, Coding, OperationOutcome } from '@chesil/fhir'
import { type Piece, toPiece } from '../view/gzip-stream.ts'

export interface BundleHead {
  readonly type: 'searchset' | 'history'
  readonly id: string
  /** Of the person's record as it is shown; absent where it shows none, or several people. */
  readonly versionId?: string
  /** ms since 1970 */
  readonly lastUpdated: number
  /** Of matches in all, not of this page; absent where it is not wanted. */
  readonly total?: number
  /** Of `meta`. */
  readonly tags?: readonly Coding[]
  readonly links: readonly { readonly relation: 'self' | 'next'; readonly url: string }[]
}

/**
 * A Bundle as pieces: its envelope made fresh, its entries as they are stored, and last what the answer
 * leaves out. The entries end in a comma because that last entry is always there.
 *
 * @see https://hl7.org/fhir/R4/search.html#entry-mode (outcome)
 */
export function bundlePieces(head: BundleHead, entries: readonly Piece[], closing: Piece): readonly Piece[] {
  const envelope: Bundle = {
    resourceType: 'Bundle',
    id: head.id,
    meta: {
      ...(head.versionId !== undefined && { versionId: head.versionId }),
      lastUpdated: new Date(head.lastUpdated).toISOString(),
      ...(head.tags && { tag: [...head.tags] })
    },
    type: head.type,
    ...(head.total !== undefined && { total: head.total }),
    link: head.links.map(({ relation, url }) => ({ relation, url }))
  }
  const opening = `${JSON.stringify(envelope).slice(0, -1)},"entry":[`
  return [toPiece(Buffer.from(opening)), ...entries, closing]
}

/** What an answer leaves out, as the last entry of its Bundle, and the Bundle's end. */
export const toClosing = (outcome: OperationOutcome): Piece =>
  toPiece(Buffer.from(`${JSON.stringify({ resource: outcome, search: { mode: 'outcome' } })}]}`))

/**
 * The same of a history, whose every entry has a request and none a search.
 *
 * @param url Of the person's completeness statement.
 * @see https://hl7.org/fhir/R4/bundle.html#invs (bdl-2, bdl-3)
 */
export const historyClosing = (outcome: OperationOutcome, url: string) => ({
  request: { method: 'GET' as const, url },
  response: { status: '200', outcome }
})
