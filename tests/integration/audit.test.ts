import type { Sql } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { auditBody as body, useAudit } from '../support/audit.ts'
import { createPerson } from '../support/contributions.ts'
import { createRandom } from '../support/random.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const { asSuperuser, empty, newLog, secondPlace, verify, writeChain } = useAudit(db)

describe('the audit log', () => {
  test('has each entry committed when it says so, in one chain without a gap', async () => {
    const log = newLog()
    for (let n = 0; n < 5; n++) {
      await log.commit({ body: body(n) })
      const [row] = await db().query<{ count: number }>('select count(*) from audit_event')
      expect(row?.count).toBe(n + 1)
    }
    await log.close()
    expect(await verify()).toMatchObject({ chains: 1, rows: 5, notYetAttested: 0, problems: [] })
  })

  test('commits the entries of requests that come together at once', async () => {
    let commits = 0
    const counting: Sql = {
      query: (text, values) => {
        if (text.includes('insert into audit_event')) commits += 1
        return db().query(text, values)
      }
    }
    const log = newLog({ sql: counting })
    await Promise.all(Array.from({ length: 200 }, (_, n) => log.commit({ body: body(n) })))
    await log.close()
    expect(commits).toBeLessThan(10)
    expect(await verify()).toMatchObject({ rows: 200, problems: [] })
  })

  test('makes no other round trip for an entry than its commit, and for a checkpoint its own', async () => {
    let roundTrips = 0
    const counting: Sql = {
      query: (text, values) => {
        roundTrips += 1
        return db().query(text, values)
      }
    }
    const log = newLog({ sql: counting })
    for (let n = 0; n < 20; n++) await log.commit({ body: body(n) })
    await log.close()
    expect(roundTrips).toBe(20 + 2)
  })

  test('brings back the revision that its person has at the commit', async () => {
    const patientId = await createPerson(db())
    const log = newLog()
    expect(await log.commit({ body: body(1), patientId })).toEqual({ revision: 0 })
    await db().query('update patient set revision = 7 where id = $1', [patientId])
    expect(await log.commit({ body: body(2), patientId })).toEqual({ revision: 7 })
    expect(await log.commit({ body: body(3) })).toEqual({ revision: undefined })
    await log.close()
  })

  test.each(['update audit_event set body = body', 'delete from audit_event', 'truncate audit_event'])(
    'refuses: %s',
    async (statement) => {
      await writeChain(1)
      await expect(db().query(statement)).rejects.toThrow('append-only')
    }
  )

  test('signs a checkpoint soon after its first entry, every so many entries, and at its end', async () => {
    const log = newLog({ checkpointEveryRows: 10 })
    for (let n = 0; n < 35; n++) await log.commit({ body: body(n) })
    await log.close()
    const checkpoints = await secondPlace.readAll()
    expect(checkpoints.map(({ sequence }) => sequence)).toEqual([1, 11, 21, 31, 35])
    expect(checkpoints.at(-1)?.closing).toBe(true)
  })
})

describe('verification', () => {
  test.each([
    [
      'an edited entry',
      (sql: Sql) => sql.query(`update audit_event set body = replace(body, '3', '4') where sequence = 4`),
      'altered'
    ],
    [
      'an edited entry with its hash made to fit',
      (sql: Sql) =>
        sql.query(`update audit_event set body = 'x', hash = encode(sha256('x'), 'hex') where sequence = 4`),
      'altered'
    ],
    ['a deleted entry', (sql: Sql) => sql.query('delete from audit_event where sequence = 4'), 'missing'],
    ['a cut-off tail', (sql: Sql) => sql.query('delete from audit_event where sequence > 6'), 'cut-off'],
    ['a chain that is gone', (sql: Sql) => sql.query('delete from audit_event'), 'chain-missing'],
    [
      'a chain that is gone with its checkpoints',
      (sql: Sql) => sql.query('truncate audit_event, audit_checkpoint'),
      'chain-missing'
    ],
    [
      'swapped entries',
      async (sql: Sql) => {
        await sql.query('update audit_event set sequence = sequence + 1000')
        await sql.query(
          'update audit_event set sequence = case sequence when 1003 then 4 when 1004 then 3 else sequence - 1000 end'
        )
      },
      'altered'
    ],
    [
      'an entry put in after the end',
      (sql: Sql) =>
        sql.query(
          `insert into audit_event select chain_id, sequence + 1, now(), null, '{}', hash from audit_event where sequence = 10`
        ),
      'altered'
    ],
    [
      'an entry about another person',
      (sql: Sql) => sql.query('update audit_event set patient_id = gen_random_uuid() where sequence = 4'),
      'altered'
    ],
    [
      'an entry of another time',
      (sql: Sql) =>
        sql.query(
          `update audit_event set recorded_at = recorded_at - interval '1 second' where sequence = 4`
        ),
      'altered'
    ],
    [
      'a forged checkpoint',
      (sql: Sql) => sql.query(`update audit_checkpoint set hash = repeat('0', 64)`),
      'checkpoint-forged'
    ]
  ])('finds %s', async (_case, tamper, problem) => {
    await writeChain(10)
    expect((await verify()).problems).toEqual([])
    await asSuperuser(tamper)
    const { problems } = await verify()
    expect(problems.map((one) => one.problem)).toContain(problem)
  })

  test('of 60 random tamperings finds every one', async () => {
    const seed = Number(process.env['SEED'] ?? 20_261_122)
    const random = createRandom(seed)
    const tamperings = [
      (n: number) => `update audit_event set body = body || ' ' where sequence = ${n}`,
      (n: number) => `update audit_event set patient_id = gen_random_uuid() where sequence = ${n}`,
      (n: number) => `update audit_event set recorded_at = now() + interval '1 minute' where sequence = ${n}`,
      (n: number) => `update audit_event set hash = reverse(hash) where sequence = ${n}`,
      (n: number) => `delete from audit_event where sequence = ${n}`,
      (n: number) => `delete from audit_event where sequence >= ${n}`,
      (n: number) =>
        `with moved as (update audit_event set sequence = sequence + 1000 where sequence > ${n} returning 1)
         delete from audit_event where sequence = ${n}`
    ]
    for (let round = 0; round < 60; round++) {
      await empty()
      await writeChain(12)
      const statement = tamperings[Math.floor(random() * tamperings.length)] as (n: number) => string
      const at = 1 + Math.floor(random() * 12)
      await asSuperuser((sql) => sql.query(statement(at)))
      const { problems } = await verify()
      expect(problems.length, `seed ${seed}, round ${round}: ${statement(at)}`).toBeGreaterThan(0)
    }
  })
})
