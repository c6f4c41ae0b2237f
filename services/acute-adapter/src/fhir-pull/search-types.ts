import type { FhirR4Asking } from '@chesil/mappers'
import type { FhirR4Pages, FhirR4Search, NoAnswer } from '@chesil/source-clients'
import type { Endpoint } from './endpoints.ts'
import type { TypePlan } from './plan.ts'

/** What came of one type: pages as they were received, as text. */
export type TypeFound = TypePages | NoAnswer
export interface TypePages {
  readonly kind: FhirR4Asking
  readonly pages: readonly string[]
  /** Pages of ids alone. */
  readonly ids?: readonly string[]
}
export type TypesFound = ReadonlyMap<string, TypeFound>

export interface TypeQuestion extends Pick<FhirR4Search, 'type' | 'patientId'> {
  readonly plan: TypePlan
  /** Names of what the record has of this type, as `Condition/c1`. */
  readonly held: ReadonlySet<string>
  readonly signal: AbortSignal
}

/** Searches for one type as it was planned. */
export async function searchType(endpoint: Endpoint, question: TypeQuestion): Promise<TypeFound> {
  const { plan, held, ...search } = question
  const { client } = endpoint
  if (plan.kind === 'full') return toFound('full', await client.search(search))
  const changed = await client.search({ ...search, since: plan.since })
  if (changed.outcome !== 'answered' || plan.kind === 'increment') return toFound('increment', changed)
  const listed = await client.search({ ...search, idsOnly: true })
  if (listed.outcome !== 'answered') return listed
  const [pages, ids] = [toText(changed.pages), toText(listed.pages)]
  // What it lists, did not change and is not here was never let in, or was lost: it comes with everything.
  const there = new Set([...held, ...namesOn(pages)])
  const isMissing = namesOn(ids).some((name) => !there.has(name))
  return isMissing ? toFound('full', await client.search(search)) : { kind: 'sweep', pages, ids }
}

const toFound = (kind: FhirR4Asking, answer: FhirR4Pages | NoAnswer): TypeFound =>
  answer.outcome === 'answered' ? { kind, pages: toText(answer.pages) } : answer

const toText = (pages: readonly Uint8Array[]): string[] => pages.map((page) => new TextDecoder().decode(page))

const namesOn = (pages: readonly string[]): string[] =>
  pages.flatMap((page) => {
    const { entry = [] }: { entry?: { resource?: { resourceType?: unknown; id?: unknown } }[] } =
      JSON.parse(page)
    return entry.flatMap(({ resource }) => (resource ? [`${resource.resourceType}/${resource.id}`] : []))
  })
