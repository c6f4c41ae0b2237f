import { setTimeout as sleep } from 'node:timers/promises'
import type { Resource } from '@chesil/fhir'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  codesOf,
  outcomeOf,
  resourcesOf,
  type SandboxPerson,
  type Stack,
  startStack
} from '../support/stack.ts'

/** Where a session leaves traces. */
const sessionTables = [
  'view_entry',
  'source_resource',
  'source_section',
  'source_status',
  'contribution',
  'inbox_message',
  'pull',
  'quarantine'
]

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ env: { sandbox: { SANDBOX_PEOPLE: '30', RECORD_SIZES: '100,140' } } })
})
afterAll(() => stack?.stop())

test('a practice that allows only the session is asked for each reader’s session, whose answer nobody else sees and which is purged when it ends', async () => {
  const person = (await stack.people()).find(({ kind }) => kind === 'session-practice') as SandboxPerson
  const one = await stack.issueToken({ sessionId: 'session-one' })
  const two = await stack.issueToken({ sessionId: 'session-two', userId: '555000000002' })
  const id = (await stack.findPerson(person.nhsNumber, { token: one })) as string
  const first = (await stack.ask(`Patient/${id}/$everything`, { token: one, headers: { prefer: 'wait=8' } }))
    .body
  expect(codesOf(outcomeOf(first))[0]?.[0]).toBe('live')
  expect(resourcesOf(first).length).toBeGreaterThan(5)

  const others = (await stack.ask(`Patient/${id}/$everything`, { token: two, headers: { prefer: 'wait=0' } }))
    .body
  expect(resourcesOf(others).map(({ resourceType }) => resourceType)).toEqual(['Patient'])
  await stack.settle(id, { token: two })
  const item = resourcesOf(first, 'Encounter')[0] as Resource
  expect((await stack.ask(`Encounter/${item.id}`, { token: one })).status).toBe(200)
  const three = await stack.issueToken({ sessionId: 'session-three' })
  expect(
    (await stack.ask(`Encounter/${item.id}`, { token: three, headers: { prefer: 'wait=0' } })).status
  ).toBe(404)
  const sessions = await stack.database.query('select distinct authority from pull where patient_id = $1', [
    id
  ])
  expect(sessions.length).toBeGreaterThanOrEqual(2)
  await stack.settle(id, { token: three })

  for (const table of sessionTables) {
    await stack.database.query(
      `update ${table} set expires_at = now() where patient_id = $1 and expires_at is not null`,
      [id]
    )
  }
  await stack.database.query('update patient set revision = revision + 1 where id = $1', [id])
  const traces = () =>
    stack.database.query(
      `select 'entry' from view_entry where patient_id = $1 and source_id <> 'pds'
        union all select 'inbox' from inbox_message where patient_id = $1 and body is not null
        union all select 'contribution' from contribution where patient_id = $1 and body is not null`,
      [id]
    )
  await expect.poll(traces, { timeout: 20_000 }).toEqual([])
  const after = (await stack.ask(`Patient/${id}/$everything`, { token: one, headers: { prefer: 'wait=0' } }))
    .body
  expect(resourcesOf(after).map(({ resourceType }) => resourceType)).toEqual(['Patient'])
})

test('a session asked again before its end ends as a whole, and what is asked after that is whole again', async () => {
  const person = (await stack.people()).find(({ kind }) => kind === 'session-practice') as SandboxPerson
  const token = await stack.issueToken({ sessionId: 'session-four' })
  const id = (await stack.findPerson(person.nhsNumber, { token })) as string
  const everything = async (wait: number) =>
    (await stack.ask(`Patient/${id}/$everything`, { token, headers: { prefer: `wait=${wait}` } })).body
  const first = resourcesOf(await everything(8))
  expect(first.length).toBeGreaterThan(5)
  await stack.settle(id, { token })

  const end = Date.now() + 4_000
  for (const table of sessionTables) {
    await stack.database.query(
      `update ${table} set expires_at = $2 where patient_id = $1 and expires_at > now()`,
      [id, new Date(end)]
    )
  }
  await stack.database.query('update patient set revision = revision + 1 where id = $1', [id])
  const refreshed = await stack.ask(`Patient/${id}/$refresh`, {
    method: 'POST',
    token,
    headers: { prefer: 'wait=3' }
  })
  expect(refreshed.status).toBe(200)
  expect(resourcesOf(await everything(0))).toHaveLength(first.length)
  const [pulls] = await stack.database.query(
    `select count(*), count(distinct expires_at) as ends from pull where patient_id = $1
        and authority = (select authority from pull where patient_id = $1 order by requested_at desc limit 1)`,
    [id]
  )
  expect(pulls).toEqual({ count: 2, ends: 1 })

  await sleep(end - Date.now() + 100)
  const after = await everything(8)
  expect(codesOf(outcomeOf(after))[0]?.[0]).toBe('live')
  expect(resourcesOf(after)).toHaveLength(first.length)
  await sleep(6_000)
  const purged = await everything(0)
  expect(codesOf(outcomeOf(purged))[0]?.[0]).toBe('live')
  expect(resourcesOf(purged)).toHaveLength(first.length)
})
