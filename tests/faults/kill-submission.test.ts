import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { csvOf, homeCare } from '../support/council.ts'
import { type Stack, startStack } from '../support/stack.ts'

/** Rows of a file of Client Level Data, each about somebody else. */
const people = 3_000
const rows = Array.from({ length: people }, (_, at) => ({
  ...homeCare,
  LA_Code: '925',
  LA_Person_Unique_Identifier: `P${String(at).padStart(5, '0')}`
}))

let stack: Stack
let token: string
beforeAll(async () => {
  stack = await startStack({
    councils: 1,
    // A worker that is killed holds what it had in hand for so long.
    env: { 'social-care-adapter': { LEASE_MS: '2000' } },
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) =>
        source.kind === 'cld' ? { ...source, laCode: '925' } : source
      )
    })
  })
  token = await stack.issueToken({ organisation: '9Z1', scope: 'system/MessageHeader.c' })
}, 60_000)
afterAll(() => stack?.stop())

const adapter = () => stack.service('social-care-adapter')
const post = (body: string | ReadableStream) =>
  fetch(`${adapter().url}/cld`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
    body,
    duplex: 'half'
  } as RequestInit)
async function restart(): Promise<void> {
  await adapter().kill9()
  await stack.startService('social-care-adapter')
}
async function count(of: string): Promise<number> {
  const [row] = await stack.database.query<{ count: number }>(`select count(*) as count from ${of}`)
  return row?.count ?? 0
}
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 20) {
    if (await holds()) return
    await sleep(20)
  }
  throw new Error('Not after 60 s')
}

test('an adapter that is killed while a file comes keeps nothing of it, and takes it when it comes again', async () => {
  const half = new TextEncoder().encode(csvOf(rows).slice(0, 200_000))
  const endless = new ReadableStream({ start: (controller) => controller.enqueue(half) })
  const sent = post(endless).catch((error: Error) => error)
  await until(
    async () => (await count(`pg_stat_activity where application_name like '%files' and state <> 'idle'`)) > 0
  )
  await restart()
  expect(await sent).toBeInstanceOf(Error)
  await until(async () => (await count(`pg_stat_activity where state like 'idle in%'`)) === 0)
  for (const table of ['submission', 'submission_chunk', 'submission_person', 'inbox_message'])
    expect([table, await count(table)]).toEqual([table, 0])
})

test('one that is killed again and again while it settles a file settles everybody once', async () => {
  expect((await post(csvOf(rows))).status).toBe(202)
  for (const share of [0.1, 0.3, 0.6]) {
    await until(async () => (await count('contribution')) >= share * people)
    await restart()
  }
  await until(async () => (await count(`inbox_message where state = 'mapped'`)) === 1)
  expect(await count('contribution')).toBe(people)
  expect(await count('(select distinct patient_id from contribution) one')).toBe(people)
}, 120_000)
