import { setTimeout as sleep } from 'node:timers/promises'
import { announceAgain, endPull, relayOutbox, requestPulls, systemIds } from '@chesil/record-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { createPerson } from '../support/contributions.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('delete from outbox_event')
  await db().query('delete from pull')
})

const announce = (count: number) =>
  db().query(
    `insert into outbox_event (queue, row_id) select 'apply', gen_random_uuid() from generate_series(1, $1)`,
    [count]
  )

describe('the outbox', () => {
  test('keeps what Redis did not take', async () => {
    await announce(3)
    expect(await db().transaction((sql) => relayOutbox(sql, 10, async () => false))).toBe(0)
    const delivered: string[] = []
    const take = async (events: readonly { rowId: string }[]) => {
      delivered.push(...events.map(({ rowId }) => rowId))
      return true
    }
    expect(await db().transaction((sql) => relayOutbox(sql, 10, take))).toBe(3)
    expect(delivered).toHaveLength(3)
    expect(await db().transaction((sql) => relayOutbox(sql, 10, take))).toBe(0)
  })

  test('is shared by several relays, each event going to one of them', async () => {
    await announce(200)
    const delivered: string[] = []
    const relay = async () => {
      for (let found = 1; found > 0; ) {
        found = await db().transaction((sql) =>
          relayOutbox(sql, 7, async (events) => {
            await sleep(1)
            delivered.push(...events.map(({ rowId }) => rowId))
            return true
          })
        )
      }
    }
    await Promise.all([relay(), relay(), relay(), relay()])
    expect(delivered).toHaveLength(200)
    expect(new Set(delivered).size).toBe(200)
  })

  test('skips no event whose transaction committed late, though a later one was relayed before', async () => {
    const delivered: number[] = []
    const take = async (events: readonly { id: number }[]) => {
      delivered.push(...events.map(({ id }) => id))
      return true
    }
    const slow = db().transaction(async (sql) => {
      await sql.query(`insert into outbox_event (queue, row_id) values ('apply', gen_random_uuid())`)
      await sleep(300)
    })
    await sleep(50)
    await announce(1)
    await db().transaction((sql) => relayOutbox(sql, 10, take))
    await slow
    await db().transaction((sql) => relayOutbox(sql, 10, take))
    expect(delivered).toHaveLength(2)
    expect(delivered[0]).toBeGreaterThan(delivered[1] as number)
  })
})

describe('a pull', () => {
  const pullOf = (patientId: string) => ({
    id: systemIds.newId(),
    patientId,
    sourceId: 'gp-test',
    authority: 'system',
    reader: { userId: 'u', organisation: 'R9Z' }
  })
  const request = (patientId: string) => db().transaction((sql) => requestPulls(sql, [pullOf(patientId)]))

  test('is asked for once, however many readers want it', async () => {
    const patientId = await createPerson(db())
    const ids = await Promise.all(Array.from({ length: 32 }, () => request(patientId)))
    expect(new Set(ids.flat()).size).toBe(1)
    const events = await db().query('select 1 from outbox_event')
    expect(events).toHaveLength(1)
  })

  test('can be asked for again when the one before is over', async () => {
    const patientId = await createPerson(db())
    const [first] = await request(patientId)
    const end = { pullId: first as string, patientId, sourceId: 'gp-test', authority: 'system' }
    await db().transaction((sql) => endPull(sql, { ...end, outcome: 'timed-out' }))
    expect((await request(patientId))[0]).not.toBe(first)
  })

  test('that Redis forgot is announced again', async () => {
    const patientId = await createPerson(db())
    await request(patientId)
    await db().query('delete from outbox_event')
    expect(await db().transaction((sql) => announceAgain(sql, { olderThanMs: 60_000, limit: 10 }))).toBe(0)
    await sleep(30)
    expect(await db().transaction((sql) => announceAgain(sql, { olderThanMs: 10, limit: 10 }))).toBe(1)
    const [event] = await db().query('select queue, partition from outbox_event')
    expect(event).toEqual({ queue: 'pull', partition: 'gp-test' })
  })
})
