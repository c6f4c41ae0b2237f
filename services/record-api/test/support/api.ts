import { generateKeyPairSync } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { SourceCatalogue } from '@chesil/contracts'
import type { Bundle } from '@chesil/fhir'
import { createAuditLog, createCheckpointSigner, type Database, systemIds } from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import { createAuditTrail } from '../../src/access/audit-trail.ts'
import { buildApp } from '../../src/app.ts'
import type { Deps } from '../../src/deps.ts'
import { createCursors } from '../../src/http/cursors.ts'
import { createStates } from '../../src/person/states.ts'
import { createTracing } from '../../src/person/tracing.ts'
import { createPersonViews } from '../../src/view/person-view.ts'
import { catalogue } from './catalogue.ts'
import type { FakePds } from './fake-pds.ts'
import { tokenOf, verifyToken } from './readers.ts'

export const baseUrl = 'http://chesil.test/fhir/R4'
const { privateKey } = generateKeyPairSync('ed25519')
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

export interface ApiOptions {
  readonly database: Database
  readonly pds: FakePds
  readonly now?: () => number
  readonly catalogue?: SourceCatalogue
  readonly sensitiveCodes?: Deps['sensitiveCodes']
  /** What the test puts in place of the real ones. */
  readonly deps?: Partial<Deps>
}

export interface Asking {
  readonly method?: string
  /** Empty: none is sent. */
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer<Body = Bundle> {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Body
  readonly text: string
}

export type Api = ReturnType<typeof openApi>

/** The app as it is shipped, over a real database; PDS, tokens and the wait for pulls are the test's. */
export function openApi(options: ApiOptions) {
  const { database, pds, now = Date.now, sensitiveCodes = new Map() } = options
  const lines: string[] = []
  const auditLog = createAuditLog({
    sql: database,
    signer: createCheckpointSigner(pem),
    secondPlace: { append: async () => undefined },
    now,
    onError: () => undefined
  })
  const deps: Deps = {
    log: createLogger('record-api', 'trace', { write: (line) => void lines.push(line) }),
    database,
    catalogue: options.catalogue ?? catalogue,
    sensitiveCodes,
    verifyToken,
    audit: createAuditTrail({ log: auditLog, now }),
    tracing: createTracing({ database, pds, ids: systemIds, now }),
    states: createStates({ database, capacity: 1_000 }),
    views: createPersonViews({
      database,
      sensitiveCodes,
      baseUrl: () => baseUrl,
      now,
      capacityBytes: 16_777_216
    }),
    pulls: { until: async () => true },
    cursors: createCursors('k'.repeat(32)),
    ids: systemIds,
    now,
    baseUrl: () => baseUrl,
    limits: { perReader: 1_000_000, perAddress: 1_000_000 },
    trustedProxies: [],
    onRefused: () => undefined,
    ...options.deps
  }
  const app = buildApp(deps)

  async function ask<Body = Bundle>(path: string, asking: Asking = {}): Promise<Answer<Body>> {
    const { token = tokenOf(), headers, method = 'GET', body } = asking
    const response = await app.inject({
      method: method as 'GET',
      url: urlOf(path),
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { payload: body })
    })
    const raw = response.rawPayload
    const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString()
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string | undefined>,
      body: (text.startsWith('{') ? JSON.parse(text) : undefined) as Body,
      text
    }
  }

  return {
    app,
    deps,
    ask,
    logged: () => lines.join(''),
    async close() {
      await app.close()
      await auditLog.close()
    }
  }
}

/** A path below the base, a link of an answer, or (with a slash) any path. */
function urlOf(path: string): string {
  if (path.startsWith(baseUrl)) return `/fhir/R4${path.slice(baseUrl.length)}`
  return path.startsWith('/') ? path : `/fhir/R4/${path}`
}

export const nextOf = ({ link }: Bundle): string | undefined =>
  link?.find(({ relation }) => relation === 'next')?.url

/** `Type/id` of each resource in a Bundle, in its order; the outcome entry is not among them. */
export const keysOf = ({ entry = [] }: Bundle): string[] =>
  entry
    .filter(({ search }) => search?.mode !== 'outcome')
    .flatMap(({ resource }) => (resource ? [`${resource.resourceType}/${resource.id}`] : []))
