import { randomUUID } from 'node:crypto'
import type { MessagePart } from '@chesil/contracts'
import { beforeEach, describe, expect, test } from 'vitest'
import { messageOf, openInbox, refusalOf } from '../../../tests/support/inbox.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import {
  listRefusedVisits,
  type MessageToTake,
  packBody,
  personIdOf,
  purgeWithdrawnVisits,
  readContributionsOfVisit,
  readRefusedVisits,
  releaseVisit,
  resourceIdOf,
  settleParts,
  systemIds
} from '../src/index.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('truncate inbox_message, outbox_event, refused_visit, visit_release, contribution cascade')
})
const { take, claim } = openInbox(db)

const local = { system: 'urn:hospital', value: '4711' }
const encounter = (sourceResourceId: string) =>
  ({ resourceType: 'Encounter', sourceResourceId, sections: ['admissions'] }) as const
async function partOf(sourceResourceId = 'visit/v1', value = local.value) {
  const content: MessagePart = {
    subject: { local: { ...local, value } },
    contribution: { mode: 'delta', sections: [], entries: [encounter(sourceResourceId)], quarantined: [] },
    identity: [],
    documents: []
  }
  const body = await packBody(JSON.stringify(content))
  return { contributionId: randomUUID(), local: { ...local, value }, body, contentHash: 'hash' }
}
type Part = Awaited<ReturnType<typeof partOf>>
const settle = async (
  sql: Parameters<typeof settleParts>[0],
  { id, sourceId }: MessageToTake,
  ...parts: Part[]
) => {
  const mapped = { sourceTime: '2026-11-22T10:00:00Z', sourceSequence: 0, parts, documents: [] }
  await settleParts(sql, { id, sourceId, authority: 'system' }, mapped)
}
const contributions = () =>
  db().query<{ id: string; state: string; body: Buffer | null }>('select id, state, body from contribution')
const inbox = () =>
  db().query<{ control_id: string; state: string; interface: string; reason: string | null }>(
    'select control_id, state, interface, reason from inbox_message order by control_id'
  )

describe('a refusal that waits for a message of the stay to be mapped', () => {
  test('sees what that made: nothing of it is applied', async () => {
    const message = messageOf('m1', { visitHash: 'v1' })
    await take(message)
    const part = await partOf()
    let refusal: Promise<string[]> = Promise.resolve([])
    await db().transaction(async (sql) => {
      await settle(sql, message, part)
      refusal = take(refusalOf('m2', 'v1'))
      await waitForBlocked()
    })
    expect(await refusal).toEqual(['denied'])
    expect(await contributions()).toEqual([{ id: part.contributionId, state: 'refused', body: null }])
  })

  test('sees what was applied meanwhile: it is to be withdrawn', async () => {
    const message = messageOf('m1', { visitHash: 'v1' })
    await take(message)
    let refusal: Promise<string[]> = Promise.resolve([])
    await db().transaction(async (sql) => {
      await settle(sql, message, await partOf())
      await sql.query(`update contribution set state = 'applied'`)
      refusal = take(refusalOf('m2', 'v1'))
      await waitForBlocked()
    })
    await refusal
    expect(await inbox()).toMatchObject([
      { state: 'mapped' },
      { state: 'received', interface: 'hl7v2-denied' }
    ])
  })

  test('is waited for: a message is not mapped after it', async () => {
    const message = messageOf('m1', { visitHash: 'v1' })
    await take(message)
    await take(refusalOf('m2', 'v1'))
    await db().transaction(async (sql) => settle(sql, message, await partOf()))
    expect(await contributions()).toEqual([])
  })
})

/** Until some other connection waits for a lock. */
async function waitForBlocked(): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const blocked = await db().query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    )
    if (blocked.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('Nobody waits')
}

describe('a message that tells of two stays', () => {
  const exchange = (name: string) => messageOf(name, { visitHash: 'v1', otherVisitHashes: ['v2'] })

  test('loses its bytes when the second is refused', async () => {
    await take(exchange('m1'))
    await take(refusalOf('m2', 'v2'))
    expect(await inbox()).toMatchObject([{ state: 'refused', reason: 'denied' }, { state: 'refused' }])
  })

  test('is found when the second is refused after it was mapped', async () => {
    const message = exchange('m1')
    await take(message)
    await db().transaction(async (sql) =>
      settle(sql, message, await partOf('visit/v1'), await partOf('visit/v2', '4712'))
    )
    await db().query(`update contribution set state = 'applied'`)
    const refusal = refusalOf('m2', 'v2')
    await take(refusal)
    const visitHashes = await readRefusedVisits(db(), await claim(refusal.id))
    const found = await readContributionsOfVisit(db(), { sourceId: 'hospital', visitHashes })
    expect([visitHashes, found.length, found.every(({ isMixed }) => isMixed)]).toEqual([['v2'], 2, true])
  })

  test('is refused where either was, and refuses only what its source does not share', async () => {
    await take(refusalOf('m1', 'v2', { otherVisitHashes: ['v1', 'v3'], deniedVisitHashes: ['v2', 'v3'] }))
    const outcomes = await take(...['v1', 'v2', 'v3'].map((visitHash) => messageOf(visitHash, { visitHash })))
    expect(outcomes).toEqual(['new', 'denied', 'denied'])
    expect(await take(exchange('m2'))).toEqual(['denied'])
  })
})

describe('a stay that was refused by mistake', () => {
  test('is listed with the numbers of its messages, and taken again once it is released', async () => {
    await take(refusalOf('m1', 'v1'))
    expect(await listRefusedVisits(db(), { limit: 10 })).toMatchObject([
      { sourceId: 'hospital', visitHash: 'v1', controlIds: ['m1'] }
    ])
    const release = () =>
      db().transaction((sql) =>
        releaseVisit(sql, { sourceId: 'hospital', visitHash: 'v1', releasedBy: 'ticket-1' })
      )
    expect([await release(), await release()]).toEqual([true, false])
    expect(await take(messageOf('m2', { visitHash: 'v1' }))).toEqual(['new'])
    expect(await db().query('select visit_hash, released_by from visit_release')).toEqual([
      { visit_hash: 'v1', released_by: 'ticket-1' }
    ])
  })

  test('its messages are kept and mapped when they are sent again, byte for byte', async () => {
    await take(refusalOf('m1', 'v1'))
    const release = { sourceId: 'hospital', visitHash: 'v1', releasedBy: 'ticket-1' }
    await db().transaction((sql) => releaseVisit(sql, release))
    const again = messageOf('m1', { visitHash: 'v1' })
    expect(await take(again)).toEqual(['new'])
    expect((await claim(again.id)).body?.toString()).toBe('m1')
  })
})

test('once a withdrawal is applied, nothing of what was mapped before is left', async () => {
  const message = messageOf('m1', { visitHash: 'v1' })
  await take(message)
  const part = await partOf()
  await db().transaction((sql) => settle(sql, message, part))
  const [patientId, resourceId] = [personIdOf(local), resourceIdOf('hospital', 'Encounter', 'visit/v1')]
  await db().query(`update contribution set state = 'applied'`)
  await db().query(
    `insert into item_event (patient_id, resource_id, contribution_id, order_time, order_sequence, order_hash, body)
     values ($1, $2, $3, now(), 0, '', 'secret'), ($1, $4, $3, now(), 0, '', 'the person')`,
    [patientId, resourceId, part.contributionId, randomUUID()]
  )
  await db().query(
    `insert into view_entry (patient_id, resource_type, resource_id, authority, from_version, to_version, source_id,
                             last_updated, content_hash, search_index, body)
     values ($1, 'Encounter', $2, 'system', 1, 2, 'hospital', now(), '', '', 'secret')`,
    [patientId, resourceId]
  )
  const refusal = refusalOf('m2', 'v1')
  await take(refusal)
  await db().transaction(async (sql) => settle(sql, refusal, await partOf()))
  const purge = () => db().transaction((sql) => purgeWithdrawnVisits(sql, { limit: 10 }, systemIds))
  expect(await purge()).toBe(0)
  await db().query(`update contribution set state = 'applied'`)
  expect(await purge()).toBe(3)
  expect(await db().query('select body from item_event')).toEqual([{ body: 'the person' }])
  expect(await db().query('select from view_entry')).toEqual([])
  expect((await contributions()).find(({ id }) => id === part.contributionId)?.body).toBeNull()
  expect(await purge()).toBe(0)
})
