import { requestPulls, systemIds } from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSweeper, type SweepCount } from '../src/sweeper.ts'
import { arrive, createPerson, snapshot, useDatabase } from './support/test-servers.ts'

const { database: db } = useDatabase()
const lines: string[] = []
const log = createLogger('record-builder', 'trace', { write: (line) => void lines.push(line) })
let closeAll: (() => Promise<void>)[] = []
beforeEach(async () => {
  await db().query('truncate outbox_event, pull, contribution, inbox_message, purge_record cascade')
})
afterEach(async () => {
  for (const close of closeAll) await close()
  closeAll = []
})

/** Sweeps until it has done so once. @returns what it did. */
async function sweep(overdueMs = 10_000): Promise<Record<SweepCount, number>> {
  const counts: Partial<Record<SweepCount, number>> = {}
  const sweeper = createSweeper({
    database: db(),
    ids: systemIds,
    log,
    onSwept: (what, count) => {
      counts[what] = count
    },
    intervalMs: 60_000,
    overdueMs
  })
  await sweeper.close()
  return counts as Record<SweepCount, number>
}

const overdue = `now() - interval '11 seconds'`
type State = 'waits' | 'is in hand' | 'lost its worker' | 'is done' | 'is young'
const states: readonly State[] = ['waits', 'is in hand', 'lost its worker', 'is done', 'is young']

/** A row of each relation: what a queue may have forgotten. @returns its id. */
const rows = {
  async pull(state: State): Promise<string> {
    const pull = {
      id: systemIds.newId(),
      patientId: await createPerson(db()),
      sourceId: 'gp-test',
      authority: 'system',
      reader: { userId: 'u', organisation: 'R9Z' }
    }
    await db().transaction((sql) => requestPulls(sql, [pull]))
    return await set('pull', pull.id, state, 'requested_at', 'waiting', 'done')
  },
  async inbox_message(state: State): Promise<string> {
    const contribution = await arrive(db(), {
      patientId: await createPerson(db()),
      at: 0,
      contribution: snapshot({})
    })
    const [row] = await db().query<{ id: string }>(
      'delete from contribution where id = $1 returning inbox_message_id as id',
      [contribution]
    )
    return await set('inbox_message', row?.id ?? '', state, 'received_at', 'received', 'mapped')
  },
  async contribution(state: State): Promise<string> {
    const id = await arrive(db(), { patientId: await createPerson(db()), at: 0, contribution: snapshot({}) })
    return await set('contribution', id, state, 'created_at', 'ready', 'applied')
  }
}

async function set(relation: string, id: string, state: State, since: string, open: string, done: string) {
  const lease = {
    'is in hand': `now() + interval '1 minute'`,
    'lost its worker': `now() - interval '1 second'`
  }
  await db().query(
    `update ${relation} set state = $2, attempt = $3, lease_until = ${lease[state as keyof typeof lease] ?? 'null'},
            ${since} = ${state === 'is young' ? 'now()' : overdue} where id = $1`,
    [id, state === 'is done' ? done : open, state === 'lost its worker' ? 2 : 0]
  )
  return id
}

const queueOf = { pull: 'pull', inbox_message: 'map-gp', contribution: 'apply' } as const
const relations = Object.keys(queueOf) as (keyof typeof queueOf)[]
const announced = () =>
  db().query('select queue, partition, row_id as "rowId", attempt from outbox_event order by row_id')

describe('what was accepted and is not done', () => {
  test.each(relations)(
    'is announced again by its attempt, when it waits or its worker died: %s',
    async (relation) => {
      const ids = new Map<State, string>()
      for (const state of states) ids.set(state, await rows[relation](state))
      await db().query('delete from outbox_event')
      expect(await sweep()).toMatchObject({ announced: 2 })
      const partition = relation === 'pull' ? 'gp-test' : null
      const due = [
        { queue: queueOf[relation], partition, rowId: ids.get('waits'), attempt: 0 },
        { queue: queueOf[relation], partition, rowId: ids.get('lost its worker'), attempt: 2 }
      ]
      expect(await announced()).toEqual(due.sort((a, b) => ((a.rowId ?? '') < (b.rowId ?? '') ? -1 : 1)))
    }
  )

  test('is not announced for a message that is mapped with another', async () => {
    const [leading, companion] = [await rows.inbox_message('waits'), await rows.inbox_message('waits')]
    await db().query('update inbox_message set companion_of = $1 where id = $2', [leading, companion])
    await sweep()
    expect((await announced()).map(({ rowId }) => rowId)).toEqual([leading])
  })
})

describe('what ended five workers', () => {
  test.each(relations)('is set aside with its reason: %s', async (relation) => {
    const [poison, tried, inHand] = [
      await rows[relation]('lost its worker'),
      await rows[relation]('lost its worker'),
      await rows[relation]('is in hand')
    ]
    await db().query(`update ${relation} set attempt = 5 where id in ($1, $2)`, [poison, inHand])
    await db().query(`update ${relation} set attempt = 4 where id = $1`, [tried])
    expect(await sweep()).toMatchObject({ buried: 1 })
    const [row] = await db().query(`select * from ${relation} where id = $1`, [poison])
    expect(row).toMatchObject(
      relation === 'pull'
        ? { state: 'done', outcome: 'failed', detail: 'dead-letter' }
        : { state: 'dead', reason: 'every attempt ended its worker' }
    )
    const letters = await db().query('select relation, id, reason, attempt, died_at from dead_letter')
    const reason = relation === 'pull' ? 'dead-letter' : 'every attempt ended its worker'
    expect(letters).toEqual([{ relation, id: poison, reason, attempt: 5, died_at: expect.anything() }])
    const open = await db().query(`select 1 from ${relation} where state in ('waiting', 'received', 'ready')`)
    expect(open).toHaveLength(2)
  })
})

async function expired(): Promise<string> {
  return await arrive(db(), {
    patientId: await createPerson(db()),
    authority: 'session-1',
    at: 0,
    expiresAt: Date.now() - 1,
    contribution: snapshot({})
  })
}
const isKept = async (id: string) =>
  (await db().query('select body is not null as kept from contribution where id = $1', [id]))[0].kept

describe('what may no longer be kept', () => {
  test('is purged', async () => {
    const id = await expired()
    expect((await sweep()).purged).toBeGreaterThan(0)
    expect(await isKept(id)).toBe(false)
  })

  test('is purged though announcing fails, and what failed is told', async () => {
    const id = await expired()
    await rows.contribution('waits')
    await db().query('alter table outbox_event rename to outbox_event_away')
    try {
      await sweep()
    } finally {
      await db().query('alter table outbox_event_away rename to outbox_event')
    }
    expect(await isKept(id)).toBe(false)
    expect(lines.join('')).toContain('"what":"announced","msg":"sweeping failed"')
  })
})

test('an event that Redis did not take for ten minutes is dropped: its row is announced anew', async () => {
  await db().query(
    `insert into outbox_event (queue, row_id, created_at) values
       ('apply', gen_random_uuid(), now() - interval '11 minutes'), ('pull', gen_random_uuid(), now())`
  )
  await sweep()
  expect((await announced()).map(({ queue }) => queue)).toEqual(['pull'])
})

test('the sweeper sweeps again and again, until it is closed', async () => {
  let sweeps = 0
  const onSwept = (what: SweepCount) => {
    if (what === 'purged') sweeps += 1
  }
  const sweeper = createSweeper({
    database: db(),
    ids: systemIds,
    log,
    onSwept,
    intervalMs: 5,
    overdueMs: 10_000
  })
  closeAll.push(() => sweeper.close())
  await expect.poll(() => sweeps).toBeGreaterThan(3)
  const id = await expired()
  await expect.poll(() => isKept(id)).toBe(false)
  await sweeper.close()
  const later = await expired()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await isKept(later)).toBe(true)
})
