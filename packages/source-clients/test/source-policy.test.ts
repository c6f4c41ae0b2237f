import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLimit, createSourcePolicy } from '../src/source-policy.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_772_442_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

const createPolicy = ({
  concurrency = 4,
  ...overrides
}: {
  concurrency?: number
  [name: string]: unknown
} = {}) =>
  createSourcePolicy<string>({
    timeoutMs: 1_000,
    limit: createLimit(concurrency),
    isFailure: (answer) => answer === 'bad',
    ...overrides
  })

const pause = (ms: number, text: string) => new Promise<string>((done) => setTimeout(done, ms, text))
/** The answer at the moment the signal ends. */
const once = (signal: AbortSignal, text: string) =>
  new Promise<string>((done) => signal.addEventListener('abort', () => done(text)))
const answer = (text: string) => async () => text
const hang = () => new Promise<string>(() => undefined)

/** Runs until the deadline has passed. */
async function timeOut(policy: ReturnType<typeof createPolicy>, signal?: AbortSignal) {
  const pending = policy.run(hang, signal)
  await vi.advanceTimersByTimeAsync(1_000)
  return pending
}

test('an answer passes', async () => {
  expect(await createPolicy().run(answer('good'))).toBe('good')
  expect(await createPolicy().run(answer('bad'))).toBe('bad')
})

test('what hangs is given up at the deadline, and told so', async () => {
  let told: AbortSignal | undefined
  const pending = createPolicy().run((signal) => {
    told = signal
    return hang()
  })
  await vi.advanceTimersByTimeAsync(999)
  expect(told?.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await pending).toBe('timed-out')
  expect(told?.aborted).toBe(true)
})

test('a defect is thrown on', async () => {
  const defect = new TypeError('defect')
  await expect(
    createPolicy().run(async () => {
      throw defect
    })
  ).rejects.toBe(defect)
})

describe('the breaker', () => {
  test.each([
    ['bad answers', (policy: ReturnType<typeof createPolicy>) => policy.run(answer('bad'))],
    ['timeouts', (policy: ReturnType<typeof createPolicy>) => timeOut(policy)],
    [
      'defects',
      (policy: ReturnType<typeof createPolicy>) =>
        policy.run(() => Promise.reject(new TypeError('defect'))).catch(() => undefined)
    ]
  ])('opens after five %s in a row, and then asks nothing', async (_, fail) => {
    const policy = createPolicy()
    for (let i = 0; i < 5; i++) {
      expect(policy.state()).toBe('closed')
      await fail(policy)
    }
    expect(policy.state()).toBe('open')
    const attempt = vi.fn(answer('good'))
    expect(await policy.run(attempt)).toBe('breaker-open')
    expect(attempt).not.toHaveBeenCalled()
  })

  test('stays closed when a good answer comes between', async () => {
    const policy = createPolicy()
    for (let i = 0; i < 20; i++) await policy.run(answer(i % 5 === 4 ? 'good' : 'bad'))
    expect(policy.state()).toBe('closed')
  })

  async function openBreaker(overrides: Parameters<typeof createPolicy>[0] = {}) {
    const policy = createPolicy(overrides)
    for (let i = 0; i < 5; i++) await policy.run(answer('bad'))
    return policy
  }

  test('lets one attempt through after ten seconds, and none beside it', async () => {
    const policy = await openBreaker()
    await vi.advanceTimersByTimeAsync(9_999)
    expect(await policy.run(answer('good'))).toBe('breaker-open')
    await vi.advanceTimersByTimeAsync(1)
    const probe = policy.run(() => pause(500, 'good'))
    expect(policy.state()).toBe('half-open')
    const beside = await Promise.all([policy.run(answer('good')), policy.run(answer('good'))])
    expect(beside).toEqual(['breaker-open', 'breaker-open'])
    await vi.advanceTimersByTimeAsync(500)
    expect(await probe).toBe('good')
    expect(policy.state()).toBe('closed')
    expect(await policy.run(answer('good'))).toBe('good')
  })

  test.each([
    ['a bad answer', (policy: ReturnType<typeof createPolicy>) => policy.run(answer('bad'))],
    ['a timeout', (policy: ReturnType<typeof createPolicy>) => timeOut(policy)]
  ])('opens again for ten seconds when that attempt ends in %s', async (_, fail) => {
    const policy = await openBreaker()
    await vi.advanceTimersByTimeAsync(10_000)
    await fail(policy)
    expect(policy.state()).toBe('open')
    await vi.advanceTimersByTimeAsync(9_999)
    expect(await policy.run(answer('good'))).toBe('breaker-open')
    await vi.advanceTimersByTimeAsync(1)
    expect(await policy.run(answer('good'))).toBe('good')
  })

  test('is not closed by a probe that its caller gave up', async () => {
    const policy = await openBreaker()
    await vi.advanceTimersByTimeAsync(10_000)
    const caller = new AbortController()
    const probe = policy.run(hang, caller.signal)
    caller.abort()
    expect(await probe).toBe('timed-out')
    expect(policy.state()).toBe('open')
  })

  test.each([
    ['and leave it hanging', hang],
    ['and are told so by the attempt', (signal: AbortSignal) => once(signal, 'bad')],
    [
      'and make it throw',
      (signal: AbortSignal) => once(signal, 'bad').then(() => Promise.reject(new Error('ended')))
    ]
  ])('is not opened by callers that give up %s', async (_, attempt) => {
    const policy = createPolicy()
    for (let i = 0; i < 10; i++) {
      const caller = new AbortController()
      const pending = policy.run(attempt, caller.signal)
      caller.abort()
      expect(await pending).toBe('timed-out')
    }
    expect(policy.state()).toBe('closed')
  })

  test('has the windows it is given', async () => {
    const policy = createPolicy({ breaker: { failures: 2, resetMs: 50 } })
    await policy.run(answer('bad'))
    expect(policy.state()).toBe('closed')
    await policy.run(answer('bad'))
    expect(policy.state()).toBe('open')
    await vi.advanceTimersByTimeAsync(50)
    expect(await policy.run(answer('good'))).toBe('good')
  })
})

describe('the bulkhead', () => {
  test('turns away the one too many at once, and has room again when one is done', async () => {
    const policy = createPolicy({ concurrency: 2 })
    const first = policy.run(() => pause(100, 'good'))
    const second = policy.run(() => pause(200, 'good'))
    expect(await policy.run(answer('good'))).toBe('busy')
    await vi.advanceTimersByTimeAsync(100)
    expect(await first).toBe('good')
    expect(await policy.run(answer('good'))).toBe('good')
    await vi.advanceTimersByTimeAsync(100)
    await second
  })

  test('has room again after a timeout and after a caller that gave up', async () => {
    const policy = createPolicy({ concurrency: 1 })
    expect(await timeOut(policy)).toBe('timed-out')
    const caller = new AbortController()
    const pending = policy.run(hang, caller.signal)
    caller.abort()
    await pending
    expect(await policy.run(answer('good'))).toBe('good')
  })

  test('being full says nothing of the source', async () => {
    const policy = createPolicy({ concurrency: 1, breaker: { failures: 1 } })
    const first = policy.run(() => pause(100, 'good'))
    for (let i = 0; i < 5; i++) expect(await policy.run(answer('good'))).toBe('busy')
    await vi.advanceTimersByTimeAsync(100)
    await first
    expect(policy.state()).toBe('closed')
  })

  test('is not held by a caller whose signal has ended', async () => {
    const attempt = vi.fn(answer('good'))
    expect(await createPolicy().run(attempt, AbortSignal.abort())).toBe('timed-out')
    expect(attempt).not.toHaveBeenCalled()
  })
})
