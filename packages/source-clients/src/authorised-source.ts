import { isOutcomeError } from '@chesil/fhir'
import { bulkhead } from 'cockatiel'
import { fail, type GpConnectOutcome, isUnwell } from './gp-connect/answer.ts'
import { endWith } from './outbound/end-with.ts'
import { findExchangeFailure } from './outbound/failure.ts'
import type { Answer, ExchangeRequest, Outbound } from './outbound/outbound.ts'
import { retryAfterMs } from './retry-after.ts'
import {
  type BreakerOptions,
  type BreakerState,
  createSourcePolicy,
  type PolicyOutcome
} from './source-policy.ts'

/** Why there is no answer, as every source that is asked may say it. */
export type NoAnswer = Exclude<GpConnectOutcome, { outcome: 'answered' }>

export interface AuthorisedSourceOptions {
  readonly source: { readonly timeoutMs: number; readonly concurrency: number }
  readonly outbound: Outbound
  /** A current bearer token. Given one that was refused, another. */
  readonly accessToken: (refused?: string) => Promise<string>
  readonly breaker?: BreakerOptions
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
}

/** A request but for its token and its end. */
export type AuthorisedRequest = Omit<ExchangeRequest, 'signal'>

/** One source that is asked under a token of ours. No call throws for what it or the network does, and none is tried twice. */
export interface AuthorisedSource<Result> {
  readonly ask: (request: AuthorisedRequest, signal?: AbortSignal) => Promise<Result | NoAnswer>
  readonly state: () => BreakerState
}

const maxWaiting = 10_000

/** Deadline, breaker and bulkhead of one source, its token, and its wish to be left alone. */
export function createAuthorisedSource<Result extends object>(
  options: AuthorisedSourceOptions,
  judge: (answer: Answer) => Result | NoAnswer
): AuthorisedSource<Result> {
  const { source, now } = options
  const policy = createSourcePolicy<Result | NoAnswer>({
    timeoutMs: source.timeoutMs,
    // The requests of one pull wait for each other; a caller's deadline ends their waiting.
    limit: bulkhead(source.concurrency, maxWaiting),
    isFailure: (result) => isNoAnswer(result) && isUnwell(result),
    ...(options.breaker && { breaker: options.breaker })
  })
  let quietUntil = 0

  async function attempt(request: AuthorisedRequest, signal: AbortSignal): Promise<Result | NoAnswer> {
    try {
      const answer = await send(options, { ...request, signal })
      quietUntil = Math.max(quietUntil, now() + retryAfterMs(answer, now()))
      return judge(answer)
    } catch (error) {
      return toNoAnswer(error)
    }
  }

  return {
    ask: async (request, signal) => {
      // It said when it wants to be asked again.
      if (now() < quietUntil) return { outcome: 'breaker-open' }
      const outcome: Result | NoAnswer | PolicyOutcome = await policy.run(
        (ending) => attempt(request, ending),
        signal
      )
      return typeof outcome === 'string' ? toRefusal(outcome) : outcome
    },
    state: () => policy.state()
  }
}

const toRefusal = (outcome: PolicyOutcome): NoAnswer => (outcome === 'busy' ? fail(outcome) : { outcome })

const isNoAnswer = (result: object): result is NoAnswer =>
  'outcome' in result && result.outcome !== 'answered'

async function send(
  { outbound, accessToken }: AuthorisedSourceOptions,
  request: ExchangeRequest
): Promise<Answer> {
  const exchange = (token: string) =>
    outbound.exchange({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } })
  const token = await endWith(request.signal, () => accessToken())
  const answer = await exchange(token)
  if (answer.status !== 401) return answer
  // It was withdrawn before its time, as when the issuer changes keys. Once: a second 401 is about us.
  return exchange(await endWith(request.signal, () => accessToken(token)))
}

/** @throws what is no failure of the exchange or of the token endpoint. */
function toNoAnswer(error: unknown): NoAnswer {
  const failure = findExchangeFailure(error)
  if (failure !== undefined) return failure === 'timed-out' ? { outcome: failure } : fail(failure)
  if (!isOutcomeError(error)) throw error
  return error.kind === 'upstreamTimeout' ? { outcome: 'timed-out' } : { outcome: 'failed', code: 'no-token' }
}
