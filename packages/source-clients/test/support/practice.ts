import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type NhsNumber, parseNhsNumber } from '@chesil/fhir'
import {
  createGpConnectClient,
  type GpConnectClientOptions,
  type GpConnectQuestion,
  type TokenClaims
} from '../../src/index.ts'
import { openOutbound, serve, type TestServer } from './servers.ts'

export const nhsNumber: NhsNumber = parseNhsNumber('9000000009')
export const record = JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: [] })
export const fhir = { 'content-type': 'application/fhir+json; charset=utf-8', 'cache-control': 'no-store' }

export const question: GpConnectQuestion = {
  nhsNumber,
  reader: { userId: '555036632103', name: 'Alice Marsh', roleProfileId: '555036632104' },
  organisation: { odsCode: 'R0D', name: 'Dorset Hospital', asid: '200000000115' }
}
export const consumer = {
  issuer: 'https://record.example/',
  device: { system: 'https://record.example/Id/device', value: 'chesil-1', model: 'Chesil', version: '0.1.0' }
}

export interface Changes extends Partial<GpConnectClientOptions> {
  readonly limits?: { timeoutMs?: number; maxAnswerBytes?: number; concurrency?: number }
  readonly proxyUrl?: string
}

/** A client of the practice at a server, with ids that count up and tokens that can be read. */
export function connect({ url }: Pick<TestServer, 'url'>, { limits, proxyUrl, ...overrides }: Changes = {}) {
  let ids = 0
  const claims: TokenClaims[] = []
  const client = createGpConnectClient({
    source: {
      endpoint: {
        baseUrl: `${url}/A81001/STU3/1/gpconnect`,
        asid: '200000000116',
        interactions: ['structured', 'documents'],
        ...(proxyUrl !== undefined && { proxyUrl })
      },
      timeoutMs: 2_000,
      maxAnswerBytes: 1_000_000,
      concurrency: 4,
      ...limits
    },
    outbound: openOutbound(),
    unsignedToken: (each) => `token-${claims.push(each)}.`,
    consumer,
    now: Date.now,
    newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    ...overrides
  })
  return { client, claims }
}

export const outcomeOf = (code: unknown, changes: object = {}) =>
  JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: 'forbidden',
        details: {
          coding: [{ system: 'https://fhir.nhs.uk/STU3/CodeSystem/Spine-ErrorOrWarningCode-1', code }]
        },
        diagnostics: 'CANARY'
      }
    ],
    ...changes
  })

export const answerWith =
  (status: number, body: string | Buffer, headers: Record<string, string> = fhir): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)

/** What a server saw of one request. */
async function readRequest(request: IncomingMessage) {
  return {
    method: request.method,
    url: request.url,
    headers: request.headers,
    body: Buffer.concat(await request.toArray()).toString()
  }
}
type Seen = Awaited<ReturnType<typeof readRequest>>

export async function serveAndSee(answer: (seen: Seen, response: ServerResponse) => void) {
  const seen: Seen[] = []
  const server = await serve(async (request, response) => {
    const each = await readRequest(request)
    seen.push(each)
    answer(each, response)
  })
  return { server, seen }
}

export const html = { 'content-type': 'text/html' }
