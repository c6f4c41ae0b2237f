import type { MessageToTake, Taken } from '@chesil/record-store'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { messageOf as inboxMessage } from '../../../tests/support/inbox.ts'
import { type BatchesOptions, createBatches } from '../src/batches.ts'

const messageOf = (id: string, sourceId = 'hospital', size = 10) =>
  inboxMessage(id, { id, sourceId, body: Buffer.alloc(size) })
const taken: Taken = { outcome: 'new', id: 'row', isControlIdReused: false }
const never = () => new Promise<never>(() => undefined)

/** Commits of which the test says what becomes. */
function open(onCommit: (ids: readonly string[]) => Promise<unknown>, options: Partial<BatchesOptions> = {}) {
  const commits: string[][] = []
  const batches = createBatches({
    deadlineMs: 1_000,
    pauseMs: 10,
    ...options,
    take: async (messages) => {
      const ids = messages.map(({ id }) => id)
      commits.push(ids)
      await onCommit(ids)
      return messages.map(() => taken)
    },
    onError: () => undefined
  })
  /** What becomes of it, as soon as something has. */
  const send = (...messages: readonly MessageToTake[]) => {
    const fates: Record<string, 'taken' | 'unavailable'> = {}
    for (const message of messages) {
      batches.take(message).then(
        () => (fates[message.id] = 'taken'),
        () => (fates[message.id] = 'unavailable')
      )
    }
    return fates
  }
  return { batches, commits, send }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const after = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('a database that does not answer', () => {
  test('is waited for no longer than the deadline, by what is under way and by what waits', async () => {
    const { send } = open(never)
    const fates = send(messageOf('a'), messageOf('b'))
    await after(900)
    expect(fates).toEqual({})
    await after(400)
    expect(fates).toEqual({ a: 'unavailable', b: 'unavailable' })
  })

  test('is known to be stuck, until it takes something', async () => {
    let isHanging = true
    const { batches, send } = open(() => (isHanging ? never() : Promise.resolve()))
    send(messageOf('a'), messageOf('b'))
    await after(100)
    expect([batches.waiting(), batches.isStuck()]).toEqual([{ count: 2, oldestMs: 100 }, false])
    await after(600)
    expect([batches.waiting(), batches.isStuck()]).toEqual([{ count: 2, oldestMs: 700 }, true])
    await after(1_000)
    expect([batches.waiting(), batches.isStuck()]).toEqual([{ count: 0, oldestMs: 0 }, true])
    isHanging = false
    expect(send(messageOf('c'))).toEqual({})
    await after(100)
    expect(batches.isStuck()).toBe(false)
  })

  test('is given a few commits to hang on, and is not asked more until one has ended', async () => {
    const hanging: (() => void)[] = []
    const { commits, send } = open(() => new Promise<void>((resolve) => hanging.push(resolve)))
    for (let at = 0; at < 8; at++) {
      send(messageOf(`${at}`))
      await after(1_500)
    }
    expect(commits).toHaveLength(3)
    hanging[0]?.()
    send(messageOf('next'))
    await after(100)
    expect(commits.at(-1)).toEqual(['next'])
  })

  test('makes what waits no larger than so many bytes, of which one source has half', async () => {
    const { send } = open(never, { maxWaitingBytes: 100_000 })
    send(messageOf('under way'))
    await after(1)
    const fates = send(
      ...Array.from({ length: 5 }, (_, at) => messageOf(`a${at}`, 'flood', 20_000)),
      ...Array.from({ length: 2 }, (_, at) => messageOf(`b${at}`, 'other', 20_000))
    )
    await after(1)
    expect(fates).toEqual({ a2: 'unavailable', a3: 'unavailable', a4: 'unavailable' })
  })
})

test('what throws at once is an error like any other, and the next is taken', async () => {
  let isBroken = true
  const { batches } = open(() => Promise.resolve(), {})
  const broken = createBatches({
    take: (messages) => {
      if (isBroken) throw new TypeError('defect')
      return Promise.resolve(messages.map(() => taken))
    },
    onError: () => undefined
  })
  await expect(broken.take(messageOf('a'))).rejects.toThrow('defect')
  isBroken = false
  expect(await broken.take(messageOf('b'))).toEqual(taken)
  expect(await batches.take(messageOf('c'))).toEqual(taken)
})

test('sources take turns: the flood of one does not delay another', async () => {
  const { commits, send } = open(() => new Promise((resolve) => setTimeout(resolve, 10)), { maxMessages: 4 })
  send(...Array.from({ length: 9 }, (_, at) => messageOf(`f${at}`, 'flood')))
  send(messageOf('a0', 'calm'), messageOf('b0', 'other'), messageOf('a1', 'calm'))
  await after(100)
  expect(commits.slice(0, 2)).toEqual([['f0'], ['f1', 'a0', 'b0', 'f2']])
  expect(commits[2]).toContain('a1')
})

test('and large messages of one leave room for small ones of another', async () => {
  const { commits, send } = open(() => new Promise((resolve) => setTimeout(resolve, 10)), { maxBytes: 1_000 })
  send(messageOf('first'))
  send(...Array.from({ length: 3 }, (_, at) => messageOf(`f${at}`, 'flood', 900)))
  send(...Array.from({ length: 3 }, (_, at) => messageOf(`a${at}`, 'calm')))
  await after(100)
  expect(commits[1]).toEqual(['f0', 'a0', 'a1', 'a2'])
})

describe('one message of many that cannot be kept', () => {
  const failing = (error: Error) => async (ids: readonly string[]) => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (ids.includes('97')) throw error
  }
  const all = Array.from({ length: 200 }, (_, at) => messageOf(`${at}`))

  test.each([
    ['a value', Object.assign(new Error('bad value'), { code: '22021' })],
    ['a size', Object.assign(new Error('too large'), { code: '54000' })],
    ['a defect', new RangeError('Invalid string length')]
  ])('fails alone, in few commits: %s', async (_what, error) => {
    const { commits, send } = open(failing(error))
    const fates = send(...all)
    await after(1_000)
    expect(Object.values(fates)).toHaveLength(200)
    expect(Object.keys(fates).filter((id) => fates[id] === 'unavailable')).toEqual(['97'])
    expect(commits.length).toBeLessThan(25)
  })

  test.each([
    ['connection lost', new Error('Connection terminated unexpectedly')],
    ['no connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['no time', new Error('Query read timeout')],
    ['shut down', Object.assign(new Error('going down'), { code: '57P01' })],
    ['disk full', Object.assign(new Error('no space'), { code: '53100' })],
    ['reads only', Object.assign(new Error('read-only'), { code: '25006' })]
  ])('is not looked for where the server is at fault: %s', async (_what, error) => {
    const { commits, send } = open(failing(error))
    send(...all)
    await after(1_000)
    expect(commits).toHaveLength(2)
  })
})
