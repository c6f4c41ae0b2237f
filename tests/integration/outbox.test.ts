import { setTimeout as sleep } from 'node:timers/promises'
import {
  announceAgain,
  buryTheExhausted,
  claimContribution,
  claimPull,
  endPull,
  failRow,
  readPersonState,
  receiveAnswer,
  relayOutbox,
  requestPulls,
  systemIds
} from '@chesil/record-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { arrive, createPerson, snapshot } from '../support/contributions.ts'
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

  test('that is new is known to every reader at once, one that is joined moves nothing', async () => {
    const patientId = await createPerson(db())
    const revisionOf = async () => (await readPersonState(db(), patientId, 'system'))?.revision
    const before = (await revisionOf()) as number
    await request(patientId)
    expect(await revisionOf()).toBe(before + 1)
    await request(patientId)
    expect(await revisionOf()).toBe(before + 1)
  })

  test.each([
    ['it waits', ''],
    [
      'its worker died and no other came',
      `state = 'asking', attempt = 1, lease_until = now() - interval '6 minutes', `
    ]
  ])(
    'that nobody takes up ends after some minutes, so that it is never asked for a reader long gone: %s',
    async (_case, changes) => {
      const patientId = await createPerson(db())
      const [abandoned] = await request(patientId)
      const [young] = await request(await createPerson(db()))
      await db().query(
        `update pull set ${changes} requested_at = now() - interval '6 minutes' where id = $1`,
        [abandoned]
      )
      await db().query(`update pull set requested_at = now() - interval '4 minutes' where id = $1`, [young])
      expect(await db().transaction((sql) => buryTheExhausted(sql, 10))).toBe(1)
      const [row] = await db().query('select state, outcome, detail from pull where id = $1', [abandoned])
      expect(row).toEqual({ state: 'done', outcome: 'failed', detail: 'nobody-asked' })
      expect((await readPersonState(db(), patientId, 'system'))?.sources).toMatchObject([
        { lastPull: { outcome: 'failed' } }
      ])
    }
  )

  describe('whose worker was paused until another took it up', () => {
    async function twoWorkers() {
      const patientId = await createPerson(db())
      const [id] = (await request(patientId)) as [string]
      const paused = await claimPull(db(), id, 1)
      await sleep(10)
      const successor = await claimPull(db(), id, 10_000)
      if (!paused || !successor) throw new Error('The pull was not claimed twice')
      return { id, paused: { ...paused, pullId: id }, successor: { ...successor, pullId: id } }
    }
    const answer = (pull: Awaited<ReturnType<typeof twoWorkers>>['paused'], name: string) =>
      db().transaction((sql) =>
        receiveAnswer(sql, {
          ...pull,
          sourceTime: pull.beganAt,
          messages: [{ id: systemIds.newId(), interface: name, body: Buffer.of(), bodyHash: '' }],
          failedSections: []
        })
      )
    const received = async (id: string) =>
      (await db().query('select interface from inbox_message where pull_id = $1', [id])).map(
        (row) => row.interface
      )

    test('is not ended by the first', async () => {
      const { id, paused, successor } = await twoWorkers()
      await db().transaction((sql) => endPull(sql, { ...paused, outcome: 'timed-out' }))
      await answer(successor, 'good')
      expect(await received(id)).toEqual(['good'])
    })

    test('takes no answer from the first, whose question was asked before', async () => {
      const { id, paused, successor } = await twoWorkers()
      await answer(paused, 'late')
      await answer(successor, 'good')
      expect(await received(id)).toEqual(['good'])
    })
  })
})

test.each([true, false])(
  'a row whose worker was paused until another took it up is not failed by the first (retryable: %s)',
  async (retryable) => {
    const id = await arrive(db(), {
      patientId: await createPerson(db()),
      at: 0,
      contribution: snapshot({})
    })
    const paused = await claimContribution(db(), id, 1)
    await sleep(10)
    await claimContribution(db(), id, 60_000)
    if (!paused) throw new Error('The row was not claimed')
    await db().transaction((sql) => failRow(sql, 'contribution', paused, { reason: 'slow', retryable }))
    const [row] = await db().query(
      `select state, reason, lease_until > now() + interval '50 seconds' as held from contribution where id = $1`,
      [id]
    )
    expect(row).toEqual({ state: 'ready', reason: null, held: true })
  }
)
