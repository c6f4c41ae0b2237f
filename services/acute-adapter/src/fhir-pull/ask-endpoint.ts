import type { NhsNumber } from '@chesil/fhir'
import { type FhirR4Answer, type FhirR4TypeAnswer, sectionOfType } from '@chesil/mappers'
import type { PullHistory } from '@chesil/record-store'
import type { FhirR4Search, NoAnswer } from '@chesil/source-clients'
import type { Endpoint } from './endpoints.ts'
import { planType, type TypePlan } from './plan.ts'
import { type LetIn, refuseAtDoor } from './refuse-at-door.ts'
import { searchType, type TypeFound, type TypesFound } from './search-types.ts'

export interface EndpointQuestion {
  readonly nhsNumber: NhsNumber
  readonly history: PullHistory
  /** ms since 1970: when the request began. */
  readonly searchedAt: number
}

export interface EndpointAnswer {
  readonly outcome: 'answered'
  readonly answer: FhirR4Answer
  /** Items that the source does not share. */
  readonly refused: number
}

/** A search for the person, one for their visits, and others side by side, each with its pages. */
const exchangesInARow = 6

/** How long a pull may take as a whole. */
export const pullBudgetMs = ({ timeoutMs }: { readonly timeoutMs: number }): number =>
  timeoutMs * exchangesInARow

/**
 * Asks one endpoint for all that it has of one person. A type that cannot be had is named and spoils no other;
 * where none can, there is no answer.
 */
export async function askEndpoint(
  endpoint: Endpoint,
  question: EndpointQuestion
): Promise<EndpointAnswer | NoAnswer> {
  const signal = AbortSignal.timeout(pullBudgetMs(endpoint.source))
  const found = await endpoint.client.findPatient(question.nhsNumber, signal)
  if (found.outcome !== 'answered') return found
  const { types } = endpoint.source
  const searchedAt = new Date(question.searchedAt).toISOString()
  const patient = new TextDecoder().decode(found.body)
  if (found.id === undefined) {
    const nothing = types.map((type): [string, FhirR4TypeAnswer] => [type, { kind: 'full', pages: [] }])
    return { outcome: 'answered', refused: 0, answer: { searchedAt, patient, byType: new Map(nothing) } }
  }
  const results = await searchTypes(endpoint, question, { patientId: found.id, signal })
  const failures = [...results.values()].filter((result) => 'outcome' in result)
  const [failure] = failures
  if (failure && failures.length === results.size) return failure
  const { byType, refused } = refuseAtDoor(results, endpoint, visitsIn(question.history))
  return { outcome: 'answered', refused, answer: { searchedAt, patient, byType } }
}

const visitsIn = ({ held }: PullHistory): ReadonlySet<string> => held.get('Encounter') ?? new Set()

/**
 * Stays and visits come first, and always all of them: what is refused at the door is known by the visit that it
 * belongs to, and that may have become one of those since. Then nothing that belongs to it may be taken on trust.
 */
async function searchTypes(
  endpoint: Endpoint,
  { history, searchedAt }: EndpointQuestion,
  asked: { readonly patientId: string; readonly signal: AbortSignal }
): Promise<TypesFound> {
  const { source } = endpoint
  const search = async (type: FhirR4Search['type'], plan: TypePlan): Promise<[string, TypeFound]> => {
    const held = history.held.get(type) ?? new Set()
    return [type, await searchType(endpoint, { ...asked, type, plan, held })]
  }
  const visits = source.types.includes('Encounter') ? [await search('Encounter', { kind: 'full' })] : []
  const isSamePatient = history.held.get('Patient')?.has(`Patient/${asked.patientId}`) ?? false
  const { refused } = refuseAtDoor(new Map(visits), endpoint, visitsIn(history))
  const planOf = (type: string): TypePlan =>
    isSamePatient && refused === 0 ? planType(type, history, source, searchedAt) : { kind: 'full' }
  const others = source.types.filter((type) => type !== 'Encounter')
  const found = new Map([...visits, ...(await Promise.all(others.map((type) => search(type, planOf(type)))))])
  const again = toBeWhole(found, refuseAtDoor(found, endpoint, visitsIn(history)))
  const whole = await Promise.all(
    others.filter((type) => again.has(type)).map((type) => search(type, { kind: 'full' }))
  )
  return new Map([...found, ...whole])
}

/** Where something among the changes is refused, it may be held from before: only a whole list withdraws it. */
function toBeWhole(found: TypesFound, { byType }: LetIn): ReadonlySet<string> {
  const refused = [...byType].filter(([, answer]) => 'refused' in answer)
  const sections = new Set(refused.map(([type]) => sectionOfType(type)))
  const changes = [...found].filter(([, one]) => 'kind' in one && one.kind !== 'full')
  return new Set(changes.map(([type]) => type).filter((type) => sections.has(sectionOfType(type))))
}
