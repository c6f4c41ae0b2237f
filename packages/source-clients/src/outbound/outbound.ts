import { Agent, type Dispatcher } from 'undici'
import { createAddressGuard } from './address-guard.ts'
import { decodeBody, readBody } from './body.ts'
import { createConnector, resolveByMachine } from './connector.ts'
import { endWith } from './end-with.ts'
import { failExchange, toExchangeFailure } from './failure.ts'

export interface OutboundOptions {
  /** CIDR ranges that may be called besides public unicast addresses; only there is plain http allowed. */
  readonly allowedAddresses?: readonly string[]
  /** For TCP and TLS together, each address of a name anew; default 3,000. */
  readonly connectTimeoutMs?: number
  /** PEM: whom to trust instead of the usual authorities. */
  readonly ca?: string
  /** PEM: our own certificate and key, for mutual TLS. */
  readonly cert?: string
  readonly key?: string
  /** Every address of a name; default: the machine's resolver. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
}

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Ends the exchange at any point, the reading of the body included. */
  readonly signal: AbortSignal
  /** Of the answer, compressed and decompressed. */
  readonly maxBytes: number
}

/** Whatever status it has: a redirect is an answer and is not followed. */
export interface Answer {
  readonly status: number
  /** As sent; absent where the other end did not say. */
  readonly contentType?: string
  /** As sent, where the other end wants to be asked later. */
  readonly retryAfter?: string
  /** Decompressed. */
  readonly body: Uint8Array
  /** As received, where it came as gzip. */
  readonly gzip?: Uint8Array
}

/** Calls to one other party, through the address guard. */
export interface Outbound {
  /** @throws OutcomeError `upstreamTimeout` or `upstreamUnavailable`; `findExchangeFailure` says why. */
  readonly exchange: (request: ExchangeRequest) => Promise<Answer>
  /** The same for a library that wants a `fetch`. Answers are limited to 1 MB, and follow no redirect. */
  readonly fetch: OutboundFetch
  /** Breaks off what is under way. */
  readonly close: () => Promise<void>
}

export type OutboundFetch = (
  url: string,
  init: {
    readonly method: 'GET' | 'POST'
    readonly headers: Headers | Record<string, string>
    readonly body?: string
    readonly signal: AbortSignal
  }
) => Promise<Response>

const defaultConnectTimeoutMs = 3_000
const maxFetchBytes = 1_048_576
const maxHeaderBytes = 16_384

export function createOutbound(options: OutboundOptions): Outbound {
  const { allowedAddresses = [], resolve = resolveByMachine, ca, cert, key } = options
  const agent = new Agent({
    connect: createConnector({
      judge: createAddressGuard(allowedAddresses),
      resolve,
      connectTimeoutMs: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key })
    }),
    maxHeaderSize: maxHeaderBytes,
    // The exchange has one deadline of its own, the signal.
    headersTimeout: 0,
    bodyTimeout: 0
  })
  const exchange = (request: ExchangeRequest) => run(agent, request)
  return {
    exchange,
    fetch: async (url, { method, headers, body, signal }) => {
      const answer = await exchange({
        method,
        url,
        headers: Object.fromEntries(new Headers(headers)),
        signal,
        maxBytes: maxFetchBytes,
        ...(body !== undefined && { body })
      })
      return toResponse(answer)
    },
    close: () => agent.destroy()
  }
}

async function run(agent: Agent, request: ExchangeRequest): Promise<Answer> {
  try {
    return await endWith(request.signal, () => ask(agent, request))
  } catch (error) {
    throw request.signal.aborted ? failExchange('timed-out') : toExchangeFailure(error)
  }
}

async function ask(
  agent: Agent,
  { method, url, headers, body, signal, maxBytes }: ExchangeRequest
): Promise<Answer> {
  const { origin, pathname, search } = parseTarget(url)
  const response = await agent.request({
    origin,
    path: pathname + search,
    method,
    headers: { 'accept-encoding': 'gzip', ...headers },
    body: body ?? null,
    signal
  })
  const raw = await readBody(response.body, maxBytes)
  const encoding = findHeader(response, 'content-encoding')?.trim().toLowerCase()
  const contentType = findHeader(response, 'content-type')
  const retryAfter = findHeader(response, 'retry-after')
  const decoded = await decodeBody(raw, encoding, maxBytes)
  return {
    status: response.statusCode,
    body: decoded,
    ...(contentType !== undefined && { contentType }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(decoded !== raw && { gzip: raw })
  }
}

/** @throws OutcomeError `upstreamUnavailable` for what is not plainly a web address. */
function parseTarget(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw failExchange('address-refused')
  // A user or a fragment is how one host is made to look like another.
  if (url.username + url.password + url.hash !== '') throw failExchange('address-refused')
  return url
}

/** A header that comes twice is not believed. */
function findHeader({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

const statusesWithoutBody = [204, 205, 304]

function toResponse({ status, contentType, body }: Answer): Response {
  return new Response(statusesWithoutBody.includes(status) ? null : Buffer.from(body), {
    status,
    headers: contentType === undefined ? {} : { 'content-type': contentType }
  })
}
