import { OutcomeError } from '@chesil/fhir'
import type { Fetch } from './fetch.ts'

export interface TokenSourceOptions {
  readonly tokenUrl: string
  /** A new assertion for each request: `createClientAssertion`. */
  readonly assertion: () => Promise<string>
  /** Space-separated; left out where the server has only one. */
  readonly scope?: string
  readonly fetch: Fetch
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
  /** For the whole exchange; default 5,000. */
  readonly timeoutMs?: number
}

/** A token is renewed this long before it ends, so that none ends on the way. */
const renewBeforeMs = 30_000
/** Where the server does not say how long a token lives. */
const unstatedLifetimeSeconds = 60
const defaultTimeoutMs = 5_000

interface HeldToken {
  readonly token: string
  readonly renewAt: number
}

/**
 * Access tokens for Chesil itself, by the client-credentials grant. One request at a time, however many wait for it.
 *
 * @returns a function to the current token. Pass it a token that was refused, and it gets another.
 *   It throws OutcomeError `upstreamTimeout` or `upstreamUnavailable`; both may be retried.
 */
export function createTokenSource(options: TokenSourceOptions): (refused?: string) => Promise<string> {
  let held: HeldToken | undefined
  let pending: Promise<HeldToken> | undefined

  async function renew(): Promise<HeldToken> {
    try {
      held = await requestToken(options)
      return held
    } finally {
      pending = undefined
    }
  }

  return async (refused) => {
    if (held && held.token !== refused && options.now() < held.renewAt) return held.token
    pending ??= renew()
    return (await pending).token
  }
}

async function requestToken(options: TokenSourceOptions): Promise<HeldToken> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await options.assertion(),
    ...(options.scope !== undefined && { scope: options.scope })
  })
  const askedAt = options.now()
  const answer = await post(options, body.toString())
  const { access_token: token, expires_in: lifetime, token_type: type } = answer
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(token) || !isBearer(type))
    throw unavailable()
  const lifetimeMs = readSeconds(lifetime) * 1000
  return { token, renewAt: askedAt + lifetimeMs - Math.min(renewBeforeMs, lifetimeMs / 2) }
}

async function post(options: TokenSourceOptions, body: string): Promise<Record<string, unknown>> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs)
  try {
    const response = await options.fetch(options.tokenUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body,
      redirect: 'manual',
      signal
    })
    const answer: unknown = response.status === 200 ? await response.json() : undefined
    if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>
  } catch {
    if (signal.aborted) throw new OutcomeError('upstreamTimeout', 'The token endpoint did not answer in time')
  }
  // What was answered is not passed on: it may repeat the assertion.
  throw unavailable()
}

const unavailable = (): OutcomeError =>
  new OutcomeError('upstreamUnavailable', 'The token endpoint gave no token')

const isBearer = (type: unknown): boolean => typeof type === 'string' && type.toLowerCase() === 'bearer'

/** A number, or a string of digits: the NHS API platform sends `"599"`. */
function readSeconds(lifetime: unknown): number {
  const seconds = typeof lifetime === 'string' && /^\d+$/.test(lifetime) ? Number(lifetime) : lifetime
  return typeof seconds === 'number' && seconds >= 0 ? seconds : unstatedLifetimeSeconds
}
