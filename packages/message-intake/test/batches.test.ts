import type { Taken } from '@chesil/record-store'
import { expect, test } from 'vitest'
import { messageOf as inboxMessage } from '../../../tests/support/inbox.ts'
import { createBatches } from '../src/batches.ts'

const messageOf = (id: string, size: number) => inboxMessage(id, { id, body: Buffer.alloc(size) })
const taken: Taken = { outcome: 'new', id: 'row', isControlIdReused: false }

/** Commits that end when the test says so. */
function open(
  options: { readonly maxMessages?: number; readonly maxBytes?: number; readonly fails?: string } = {}
) {
  const commits: string[][] = []
  const errors: unknown[] = []
  const batches = createBatches({
    ...options,
    pauseMs: 10,
    take: async (messages) => {
      await new Promise(setImmediate)
      const ids = messages.map(({ id }) => id)
      commits.push(ids)
      if (options.fails === 'connection') throw new Error('connect ECONNREFUSED')
      if (options.fails !== undefined && ids.includes(options.fails))
        throw Object.assign(new Error('bad value'), { code: '22021' })
      return messages.map(() => taken)
    },
    onError: (error) => errors.push(error)
  })
  const take = (...ids: string[]) => Promise.allSettled(ids.map((id) => batches.take(messageOf(id, 10))))
  return { take, commits, errors }
}

test('what comes while one commit is under way shares the next', async () => {
  const { take, commits } = open()
  await take('a', 'b', 'c')
  await take('d')
  expect(commits).toEqual([['a'], ['b', 'c'], ['d']])
})

test('so many messages share one, and so many bytes', async () => {
  const few = open({ maxMessages: 2 })
  await few.take('a', 'b', 'c', 'd')
  expect(few.commits).toEqual([['a'], ['b', 'c'], ['d']])
  const small = open({ maxBytes: 25 })
  await small.take('a', 'b', 'c', 'd')
  expect(small.commits).toEqual([['a'], ['b', 'c'], ['d']])
})

test('a message larger than all may be together goes alone', async () => {
  const { take, commits } = open({ maxBytes: 5 })
  await take('a', 'b', 'c')
  expect(commits).toEqual([['a'], ['b'], ['c']])
})

test('one that the database will not have fails alone', async () => {
  const { take, commits, errors } = open({ fails: 'c' })
  const results = await take('a', 'b', 'c', 'd')
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(commits).toEqual([['a'], ['b', 'c', 'd'], ['b'], ['c', 'd'], ['c'], ['d']])
  expect(errors).toHaveLength(1)
})

test('while the database is away all fail together, without trying each', async () => {
  const { take, commits } = open({ fails: 'connection' })
  const results = await take('a', 'b', 'c')
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(commits).toEqual([['a'], ['b', 'c']])
})

test('and nothing is tried again for a while', async () => {
  const { take, commits } = open({ fails: 'connection' })
  await take('a')
  const next = take('b')
  await new Promise(setImmediate)
  expect(commits).toEqual([['a']])
  await next
  expect(commits).toEqual([['a'], ['b']])
})
