import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { parseNhsNumber, systems } from '@chesil/fhir'
import { createFhirR4Client, type FhirR4ClientOptions } from '../../src/index.ts'
import { openOutbound, serve, type TestServer } from './servers.ts'

export const nhsNumber = parseNhsNumber('9000000009')
export const base = '/fhir/R4'

export const searchset = (resources: readonly object[], next?: string, changes: object = {}) => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: resources.map((resource) => ({ resource })),
  ...(next !== undefined && { link: [{ relation: 'next', url: next }] }),
  ...changes
})

export const patient = (id = 'p1', value: string = nhsNumber, changes: object = {}) => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: systems.nhsNumber, value }],
  ...changes
})

export const condition = (id: string) => ({ resourceType: 'Condition', id })

export const sendJson = (response: ServerResponse, body: unknown, status = 200) =>
  void response
    .writeHead(status, { 'content-type': 'application/fhir+json; charset=utf-8' })
    .end(typeof body === 'string' ? body : JSON.stringify(body))

/** What a trust's server saw of its requests, in their order. */
export async function serveTrust(
  answer: (url: URL, response: ServerResponse, request: IncomingMessage) => void
): Promise<{ server: TestServer; seen: URL[] }> {
  const seen: URL[] = []
  const listener: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '', 'http://trust')
    seen.push(url)
    answer(url, response, request)
  }
  return { server: await serve(listener), seen }
}

export interface Changes extends Partial<FhirR4ClientOptions> {
  readonly source?: never
  readonly timeoutMs?: number
  readonly maxAnswerBytes?: number
  readonly concurrency?: number
}

/** A client of the endpoint at a server. */
export function connect({ url }: Pick<TestServer, 'url'>, changes: Changes = {}) {
  const { timeoutMs = 2_000, maxAnswerBytes = 1_000_000, concurrency = 4, ...overrides } = changes
  return createFhirR4Client({
    outbound: openOutbound(),
    accessToken: async () => 'token-1',
    now: Date.now,
    ...overrides,
    source: { timeoutMs, maxAnswerBytes, concurrency, endpoint: { baseUrl: `${url}${base}` } }
  })
}

export const search = { type: 'Condition', patientId: 'p1' } as const

/** The ids on the pages of an answer; none for what is no answer. */
export const idsOn = (answer: object): string[] =>
  'pages' in answer && Array.isArray(answer.pages) ? answer.pages.flatMap(idsIn) : []

const idsIn = (page: Uint8Array): string[] =>
  JSON.parse(Buffer.from(page).toString()).entry.map(
    (entry: { resource: { id: string } }) => entry.resource.id
  )
