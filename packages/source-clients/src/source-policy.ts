import {
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type IPolicy,
  isBrokenCircuitError,
  isBulkheadRejectedError,
  isTaskCancelledError,
  TaskCancelledError,
  TimeoutStrategy,
  timeout
} from 'cockatiel'

/** @param concurrency Attempts at the same time. */
export const createLimit = (concurrency: number): IPolicy => bulkhead(concurrency)

export interface SourcePolicyOptions<Answer> {
  /** For one attempt as a whole. */
  readonly timeoutMs: number
  /** Attempts at the same time; one more is `busy`, not queued. Several policies of one source may share it. */
  readonly limit: IPolicy
  /** Whether an answer means that the source is unwell. */
  readonly isFailure: (answer: Answer) => boolean
  readonly breaker?: BreakerOptions
}

export interface BreakerOptions {
  /** In a row; default 5. */
  readonly failures?: number
  /** Until one attempt is let through to see; default 10,000. */
  readonly resetMs?: number
}

export type BreakerState = 'closed' | 'open' | 'half-open'
export type PolicyOutcome = 'timed-out' | 'breaker-open' | 'busy'

const states: ReadonlyMap<CircuitState, BreakerState> = new Map([
  [CircuitState.Closed, 'closed'],
  [CircuitState.Open, 'open'],
  [CircuitState.HalfOpen, 'half-open']
])

/** Thrown past the breaker when the caller gave up: that says nothing of the source. */
const abandoned = new TaskCancelledError('Abandoned by the caller')

/**
 * Deadline, breaker and bulkhead of one source, so that it can be unwell without anybody else noticing.
 * Nothing is tried twice: that is for those who keep the attempts.
 */
export function createSourcePolicy<Answer>(options: SourcePolicyOptions<Answer>) {
  const { limit } = options
  const deadline = timeout(options.timeoutMs, TimeoutStrategy.Aggressive)
  const breaker = circuitBreaker(
    handleWhen((error) => error !== abandoned).orWhenResult((answer) => options.isFailure(answer as Answer)),
    {
      breaker: new ConsecutiveBreaker(options.breaker?.failures ?? 5),
      halfOpenAfter: options.breaker?.resetMs ?? 10_000
    }
  )

  /** Not for a probe: one that was abandoned has not shown that the source is well again. */
  const isAbandoned = (signal?: AbortSignal) =>
    signal?.aborted === true && breaker.state !== CircuitState.HalfOpen

  async function attemptInTime(attempt: (signal: AbortSignal) => Promise<Answer>, signal?: AbortSignal) {
    try {
      const answer = await deadline.execute((context) => attempt(context.signal), signal)
      // The attempt may tell of its end itself before the deadline policy does.
      if (isAbandoned(signal) && options.isFailure(answer)) throw abandoned
      return answer
    } catch (error) {
      throw isAbandoned(signal) ? abandoned : error
    }
  }

  return {
    /** @param attempt Must end when its signal does. */
    async run(
      attempt: (signal: AbortSignal) => Promise<Answer>,
      signal?: AbortSignal
    ): Promise<Answer | PolicyOutcome> {
      // While a probe is out, cockatiel would let the others wait for it; a reader has no time for that.
      if (breaker.state === CircuitState.HalfOpen) return 'breaker-open'
      try {
        return await limit.execute(() => breaker.execute(() => attemptInTime(attempt, signal)), signal)
      } catch (error) {
        const outcome = findPolicyOutcome(error)
        if (outcome === undefined) throw error
        return outcome
      }
    },
    state: (): BreakerState => states.get(breaker.state) ?? 'open'
  }
}

function findPolicyOutcome(error: unknown): PolicyOutcome | undefined {
  if (isBrokenCircuitError(error)) return 'breaker-open'
  if (isBulkheadRejectedError(error)) return 'busy'
  return isTaskCancelledError(error) ? 'timed-out' : undefined
}
