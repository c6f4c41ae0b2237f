import { mergePersons, readPersonState, requestPulls, systemIds } from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import { describe, expect, test } from 'vitest'
import { type ApplyDeps, applyJob } from '../src/apply-job.ts'
import {
  arrive,
  complete,
  createPerson,
  observation,
  shownTexts,
  snapshot,
  useDatabase
} from './support/test-servers.ts'

const { database: db } = useDatabase()
const source = 'gp-test'
const lines: string[] = []
const log = createLogger('record-builder', 'trace', { write: (line) => void lines.push(line) })

/** @returns what became of it. */
async function work(contributionId: string, changes: Partial<ApplyDeps> = {}): Promise<readonly string[]> {
  const outcomes: string[] = []
  await applyJob(
    contributionId,
    {
      database: db(),
      ids: systemIds,
      now: Date.now,
      leaseMs: 30_000,
      onOutcome: (outcome) => void outcomes.push(outcome),
      ...changes
    },
    log
  )
  return outcomes
}

/** A source has said one thing of somebody. */
async function said(name: string, patientId?: string) {
  const person = patientId ?? (await createPerson(db()))
  const contribution = snapshot({ sections: complete('uncategorised'), entries: [observation(source, name)] })
  return {
    person,
    contribution: await arrive(db(), { patientId: person, at: Date.UTC(2026, 0, 1), contribution })
  }
}

/** The pull that brought it, which readers may be waiting for. */
async function pulled(contribution: string, patientId: string): Promise<string> {
  const pull = {
    id: systemIds.newId(),
    patientId,
    sourceId: source,
    authority: 'system',
    reader: { userId: 'u', organisation: 'R9Z' }
  }
  await db().transaction((sql) => requestPulls(sql, [pull]))
  await db().query(`update pull set state = 'answered', open_messages = 1 where id = $1`, [pull.id])
  await db().query('update contribution set pull_id = $2 where id = $1', [contribution, pull.id])
  return pull.id
}

const read = async (relation: 'contribution' | 'pull', id: string) =>
  (await db().query(`select * from ${relation} where id = $1`, [id]))[0]
const makeDue = (id: string) => db().query('update contribution set lease_until = now() where id = $1', [id])
const spoil = (id: string, body: Buffer | null) =>
  db().query('update contribution set body = $2 where id = $1', [id, body])

describe('a contribution', () => {
  test('that is not there is nothing to do', async () => {
    expect(await work(systemIds.newId())).toEqual([])
  })

  test('that comes again when it is applied changes nothing', async () => {
    const { person, contribution } = await said('again')
    expect(await work(contribution)).toEqual(['applied'])
    const before = await readPersonState(db(), person, 'system')
    expect(await work(contribution)).toEqual([])
    expect(await readPersonState(db(), person, 'system')).toEqual(before)
  })

  test('whose workers overtake each other takes effect once', async () => {
    const { person, contribution } = await said('race')
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => work(contribution, { leaseMs: 0 })))
    expect(outcomes.flat().filter((outcome) => outcome === 'applied')).toHaveLength(1)
    expect(await read('contribution', contribution)).toMatchObject({ state: 'applied', applied_version: 1 })
    expect(await readPersonState(db(), person, 'system')).toMatchObject({ version: 1 })
  })

  test('of somebody merged since goes to whom they were merged into', async () => {
    const { person: from, contribution } = await said('moved')
    const into = await createPerson(db())
    const pull = await pulled(contribution, from)
    const merge = { from, into, reason: 'test', linkId: systemIds.newId() }
    await db().transaction((sql) => mergePersons(sql, merge, systemIds))
    expect(await work(contribution)).toEqual(['applied'])
    expect(await shownTexts(db(), into)).toEqual(['moved'])
    expect(await shownTexts(db(), from)).toEqual([])
    expect(await read('pull', pull)).toMatchObject({ state: 'done', outcome: 'applied' })
    expect((await readPersonState(db(), into, 'system'))?.sources).toMatchObject([
      { sourceId: source, lastPull: { outcome: 'applied' } }
    ])
  })

  test('ends the pull that brought it', async () => {
    const { person, contribution } = await said('pulled')
    const pull = await pulled(contribution, person)
    await work(contribution)
    expect(await read('pull', pull)).toMatchObject({ state: 'done', outcome: 'applied', open_messages: 0 })
  })
})

describe('a contribution that cannot be applied', () => {
  test.each([
    ['is damaged', Buffer.from('Zyxcanary')],
    ['has lost its content', null]
  ])(
    'because it %s is tried five times, then set aside; the record stays, and readers see that the source failed',
    async (_case, body) => {
      const { person, contribution: first } = await said(`stays-${_case}`)
      await work(first)
      const { contribution } = await said('never', person)
      const pull = await pulled(contribution, person)
      await spoil(contribution, body)
      const outcomes: string[] = []
      for (let attempt = 1; attempt <= 5; attempt++) {
        outcomes.push(...(await work(contribution)))
        expect(await work(contribution)).toEqual([])
        await makeDue(contribution)
      }
      expect(outcomes).toEqual(['retried', 'retried', 'retried', 'retried', 'dead'])
      expect(await read('contribution', contribution)).toMatchObject({
        state: 'dead',
        reason: 'unexpected error while applying',
        settled_at: expect.any(Number)
      })
      expect(await read('pull', pull)).toMatchObject({
        state: 'done',
        outcome: 'failed',
        detail: 'dead-letter'
      })
      expect(await shownTexts(db(), person)).toEqual([`stays-${_case}`])
      expect(lines.join('')).not.toContain('Zyxcanary')
    }
  )

  test('leaves nothing half done', async () => {
    const { person, contribution } = await said('half')
    const failsAtTheEnd: ApplyDeps['database'] = {
      ...db(),
      transaction: (begun) =>
        db().transaction(async (sql) => {
          const result = await begun(sql)
          const [applied] = await sql.query(
            'select 1 from contribution where id = $1 and applied_version = 1',
            [contribution]
          )
          if (applied) throw new Error('the connection is lost')
          return result
        })
    }
    expect(await work(contribution, { database: failsAtTheEnd })).toEqual(['retried'])
    expect(await shownTexts(db(), person)).toEqual([])
    expect(await readPersonState(db(), person, 'system')).toMatchObject({ version: 0, sources: [] })
    await makeDue(contribution)
    expect(await work(contribution)).toEqual(['applied'])
    expect(await shownTexts(db(), person)).toEqual(['half'])
  })

  test('and ended five workers is not let at a sixth', async () => {
    const { person, contribution } = await said('poison')
    const pull = await pulled(contribution, person)
    await db().query('update contribution set attempt = 5, lease_until = now() where id = $1', [contribution])
    expect(await work(contribution)).toEqual(['dead'])
    expect(await read('contribution', contribution)).toMatchObject({
      state: 'dead',
      reason: 'every attempt ended its worker'
    })
    expect(await read('pull', pull)).toMatchObject({ state: 'done', outcome: 'failed' })
    expect(await shownTexts(db(), person)).toEqual([])
  })
})
