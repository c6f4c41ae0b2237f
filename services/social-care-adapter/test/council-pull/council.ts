import type { CouncilApi, KnownToCouncil } from '@chesil/contracts'
import { type NhsNumber, parseNhsNumber } from '@chesil/fhir'
import type { CouncilClient, CouncilSearch, NoAnswer } from '@chesil/source-clients'
import type { CouncilEndpoint } from '../../src/council-pull/endpoints.ts'

export const nhsNumber: NhsNumber = parseNhsNumber('9000000009')

export const source = (changes: Partial<CouncilApi> = {}): CouncilApi => ({
  id: 'council-api',
  kind: 'council-api',
  odsCode: '810',
  name: 'Dorset Council',
  releaseStage: 'live',
  retention: 'store',
  sessionMinutes: 30,
  ask: 'everyone',
  endpoint: {
    baseUrl: 'https://council.test/chesil',
    tokenUrl: 'https://council.test/token',
    clientId: 'chesil',
    privateKey: 'env:KEY',
    keyAlgorithm: 'ES384'
  },
  sweepMinutes: 1_440,
  timeoutMs: 1_000,
  maxAnswerBytes: 1_000_000,
  concurrency: 4,
  refreshMinutes: 60,
  ...changes
})

export type Kind = 'services' | 'contacts' | 'reviews' | 'warnings'
const kinds: readonly Kind[] = ['services', 'contacts', 'reviews', 'warnings']
const removedKinds = {
  services: 'service',
  contacts: 'contact',
  reviews: 'review',
  warnings: 'warning'
} as const

interface Kept {
  readonly content: object
  readonly updatedAt: number
}

/** A council whose system a test writes to and deletes from, and which can fail. */
export interface Council {
  readonly client: CouncilClient
  readonly asked: CouncilSearch[]
  person: KnownToCouncil['person']
  isKnown: boolean
  failing: NoAnswer | undefined
  /** Answers with changes, whatever it is asked. */
  isStubborn: boolean
  readonly put: (kind: Kind, id: string, content?: object, updatedAt?: number) => void
  readonly remove: (kind: Kind, id: string, updatedAt?: number) => void
  readonly ids: (kind: Kind) => string[]
}

export const personOf = (number: string, changes: object = {}): KnownToCouncil['person'] => ({
  laPersonId: 'P1',
  nhsNumber: number,
  birthDate: '1948-02-29',
  family: 'Marsh',
  given: ['Alice'],
  ...changes
})

const sample: Readonly<Record<Kind, object>> = {
  services: { component: 'Home support or domiciliary care' },
  contacts: { name: 'Ruth Marsh' },
  reviews: { due: '2027-03-01' },
  warnings: { category: 'dog', text: 'Large dog' }
}

export function createCouncil(person = personOf(nhsNumber)): Council {
  const kept = new Map<Kind, Map<string, Kept>>(kinds.map((kind) => [kind, new Map()]))
  const removed: { kind: Kind; id: string; updatedAt: number }[] = []
  const council: Council = {
    asked: [],
    person,
    isKnown: true,
    failing: undefined,
    isStubborn: false,
    put: (kind, id, content = sample[kind], updatedAt = 0) =>
      void kept.get(kind)?.set(id, { content: { id, ...content }, updatedAt }),
    remove: (kind, id, updatedAt = 0) => {
      if (kept.get(kind)?.delete(id)) removed.push({ kind, id, updatedAt })
    },
    ids: (kind) => [...(kept.get(kind)?.keys() ?? [])],
    client: {
      findPerson: async (search) => {
        council.asked.push(search)
        if (council.failing) return council.failing
        const body = Buffer.from(JSON.stringify(answerTo(search)))
        return { outcome: 'answered', body }
      },
      state: () => 'closed'
    }
  }

  function answerTo({ since }: CouncilSearch): object {
    const asAt = '2026-11-22T09:30:00Z'
    if (!council.isKnown) return { known: false, asAt }
    const isChanges = since !== undefined || council.isStubborn
    const from = since === undefined ? 0 : Date.parse(since)
    const listed = kinds.map((kind) => [
      kind,
      [...(kept.get(kind)?.values() ?? [])]
        .filter(({ updatedAt }) => !isChanges || updatedAt >= from)
        .map(({ content }) => content)
    ])
    const gone = removed
      .filter(({ kind, id, updatedAt }) => updatedAt >= from && !kept.get(kind)?.has(id))
      .map(({ kind, id }) => ({ kind: removedKinds[kind], id }))
    return {
      known: true,
      asAt,
      mode: isChanges ? 'changes' : 'full',
      person: council.person,
      ...Object.fromEntries(listed),
      ...(isChanges && { removed: gone })
    }
  }
  return council
}

export const endpointOf = (
  { client }: Pick<Council, 'client'>,
  changes: Partial<CouncilApi> = {}
): CouncilEndpoint => ({ source: source(changes), client, close: async () => undefined })

/** How it was asked, each time. */
export const briefly = (asked: readonly CouncilSearch[]): string[] =>
  asked.map(({ since }) => (since === undefined ? 'all' : 'changes'))
