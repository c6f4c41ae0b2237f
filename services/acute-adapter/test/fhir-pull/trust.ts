import type { DenyList, FhirEndpoint } from '@chesil/contracts'
import { type NhsNumber, parseNhsNumber, type Resource, systems } from '@chesil/fhir'
import type { FhirR4Client, FhirR4Search, NoAnswer } from '@chesil/source-clients'
import type { Endpoint } from '../../src/fhir-pull/endpoints.ts'
import { createDenial } from '../../src/intake/denied-values.ts'

export const nhsNumber: NhsNumber = parseNhsNumber('9000000009')
export const baseUrl = 'https://fhir.trust.test/R4'

export const source = (changes: Partial<FhirEndpoint> = {}): FhirEndpoint => ({
  id: 'trust-fhir',
  kind: 'fhir-r4',
  odsCode: 'R0D',
  name: 'Dorset Hospital',
  releaseStage: 'live',
  retention: 'store',
  ask: 'everyone',
  endpoint: {
    baseUrl,
    tokenUrl: 'https://fhir.trust.test/token',
    clientId: 'chesil',
    privateKey: 'env:KEY',
    keyAlgorithm: 'ES384'
  },
  types: ['Encounter', 'Condition', 'Observation', 'DiagnosticReport'],
  sweepMinutes: 1_440,
  timeoutMs: 1_000,
  maxAnswerBytes: 1_000_000,
  concurrency: 4,
  refreshMinutes: 60,
  ...changes
})

interface Kept {
  readonly resource: object
  /** ms since 1970 */
  readonly updatedAt: number
}

/** A trust whose records a test writes and deletes, and which can fail. */
export interface Trust {
  readonly client: FhirR4Client
  readonly asked: FhirR4Search[]
  readonly failing: Map<string, NoAnswer>
  patients: object[]
  readonly put: (type: string, id: string, changes?: object, updatedAt?: number) => void
  readonly remove: (type: string, id: string) => void
  readonly ids: (type: string) => string[]
}

const toPage = (resources: readonly object[]): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'searchset',
      entry: resources.map((resource) => ({ resource }))
    })
  )

export const patientOf = (value: string, changes: object = {}): object => ({
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: systems.nhsNumber, value }],
  ...changes
})

export function createTrust(patient: object = patientOf(nhsNumber)): Trust {
  const kept = new Map<string, Map<string, Kept>>()
  const ofType = (type: string) => kept.get(type) ?? new Map<string, Kept>()
  const trust: Trust = {
    asked: [],
    failing: new Map(),
    patients: [patient],
    put: (type, id, changes = {}, updatedAt = 0) => {
      const resource = {
        resourceType: type,
        id,
        status: 'final',
        subject: { reference: 'Patient/p1' },
        ...changes
      }
      kept.set(type, ofType(type).set(id, { resource, updatedAt }))
    },
    remove: (type, id) => void ofType(type).delete(id),
    ids: (type) => [...ofType(type).keys()],
    client: {
      findPatient: async () => {
        const [first] = trust.patients as { id: string }[]
        const failure = trust.failing.get('Patient')
        return (
          failure ?? { outcome: 'answered', body: toPage(trust.patients), ...(first && { id: first.id }) }
        )
      },
      search: async (search) => {
        trust.asked.push(search)
        const failure = trust.failing.get(search.type)
        if (failure) return failure
        const since = search.since === undefined ? 0 : Date.parse(search.since)
        const found = [...ofType(search.type).values()].filter(({ updatedAt }) => updatedAt >= since)
        // Two to a page.
        const pages = Array.from({ length: Math.max(1, Math.ceil(found.length / 2)) }, (_, at) =>
          toPage(
            found
              .slice(at * 2, at * 2 + 2)
              .map(({ resource }) => (search.idsOnly ? idOf(resource) : resource))
          )
        )
        return { outcome: 'answered', pages }
      },
      state: () => 'closed'
    }
  }
  return trust
}

function idOf(resource: object): object {
  const { resourceType, id } = resource as Resource
  return { resourceType, id }
}

export const endpointOf = (
  { client }: Pick<Trust, 'client'>,
  changes: Partial<FhirEndpoint> & { readonly refuse?: DenyList } = {}
): Endpoint => {
  const entry = source(changes)
  return { source: entry, client, isDenied: createDenial(entry.refuse), close: async () => undefined }
}

/** As asked of a trust: which type, and how. */
export const briefly = (asked: readonly FhirR4Search[]): string[] =>
  asked
    .map(({ type, since, idsOnly }) => `${type} ${idsOnly ? 'ids' : since === undefined ? 'all' : 'changes'}`)
    .toSorted()
