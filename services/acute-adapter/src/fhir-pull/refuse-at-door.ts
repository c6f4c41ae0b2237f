import { type FhirR4TypeAnswer, refusedIn, visitsNamedIn, withoutRefused } from '@chesil/mappers'
import type { NoAnswer } from '@chesil/source-clients'
import type { Endpoint } from './endpoints.ts'
import type { TypeFound, TypePages, TypesFound } from './search-types.ts'

export interface LetIn {
  readonly byType: ReadonlyMap<string, FhirR4TypeAnswer>
  /** Items that the source does not share: of them nothing is kept but their number. */
  readonly refused: number
}

/**
 * Lets in what the source's agreement allows, before anything is kept. Where its stays and visits could not be had,
 * what belongs to an unknown one may be of a kind that is refused: its type counts as not answered.
 *
 * @param knownVisits Those in the record: they were let in.
 */
export function refuseAtDoor(
  found: TypesFound,
  { source, isDenied }: Pick<Endpoint, 'source' | 'isDenied'>,
  knownVisits: ReadonlySet<string>
): LetIn {
  const bases = [source.endpoint.baseUrl]
  const pages = new Map([...found].map(([type, one]) => [type, isPages(one) ? one.pages.map(parse) : []]))
  const refused = refusedIn(pages, isDenied, bases)
  const visits = found.get('Encounter')
  const mayBeRefused = (type: string) =>
    visits !== undefined &&
    !isPages(visits) &&
    visitsNamedIn(pages.get(type) ?? [], bases).some((name) => !knownVisits.has(name))
  let count = 0
  const byType = new Map<string, FhirR4TypeAnswer>()
  for (const [type, one] of found) {
    if (!isPages(one)) byType.set(type, { failed: wordOf(one) })
    else if (mayBeRefused(type)) byType.set(type, { failed: 'visits-unknown' })
    else {
      const answer = withoutThose(one, pages.get(type) ?? [], refused)
      count += answer.refused ?? 0
      byType.set(type, answer)
    }
  }
  return { byType, refused: count }
}

const isPages = (found: TypeFound): found is TypePages => !('outcome' in found)
const parse = (page: string): unknown => JSON.parse(page)

/** Low cardinality: a code or an HTTP status. */
export const wordOf = (failure: NoAnswer): string =>
  failure.outcome === 'failed' ? (failure.code ?? String(failure.status)) : failure.outcome

/** Untouched, to the letter, where nothing of it is refused. */
function withoutThose(
  found: TypePages,
  parsed: readonly unknown[],
  refused: ReadonlySet<string>
): TypePages & { readonly refused?: number } {
  const before = countOf(parsed)
  const left = parsed.map((page) => withoutRefused(page, refused))
  const count = before - countOf(left)
  return count === 0 ? found : { ...found, pages: left.map((page) => JSON.stringify(page)), refused: count }
}

const countOf = (pages: readonly unknown[]): number =>
  pages.reduce<number>((sum, page) => sum + entriesOf(page).length, 0)

const entriesOf = (page: unknown): readonly unknown[] =>
  typeof page === 'object' && page !== null && 'entry' in page && Array.isArray(page.entry) ? page.entry : []
