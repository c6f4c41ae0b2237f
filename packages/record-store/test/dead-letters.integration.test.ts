import { randomUUID } from 'node:crypto'
import { applyJob, mapAcuteJob } from '@chesil/contracts'
import { beforeEach, describe, expect, test } from 'vitest'
import { messageOf, openInbox } from '../../../tests/support/inbox.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import {
  claimContribution,
  claimMessage,
  failRow,
  listMessages,
  personIdOf,
  retryMessages,
  settleParts
} from '../src/index.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query(
    'truncate inbox_message, outbox_event, contribution, quarantine, source_status, patient_identifier cascade'
  )
})

const inbox = openInbox(db)
const take = async () => (await inbox.take(messageOf('m1')))[0]
const rowId = async () => (await db().query<{ id: string }>('select id from inbox_message'))[0]?.id ?? ''
const die = async () => {
  const claimed = await inbox.claim(await rowId())
  const failure = { reason: 'test', retryable: false }
  await db().transaction((sql) => failRow(sql, 'inbox_message', claimed, failure))
  await db().query('delete from outbox_event')
}
const states = () => db().query('select state, attempt, reason from inbox_message')
const announced = () => db().query('select queue, attempt from outbox_event')
const list = () => listMessages(db(), { state: 'dead', limit: 10 })
const retry = (which: { sourceId?: string; id?: string } = {}) =>
  db().transaction((sql) => retryMessages(sql, { ...which, limit: 10 }))

describe('a message that died', () => {
  const fresh = [{ state: 'received', attempt: 0, reason: null }]

  test('is tried anew when its sender sends it again', async () => {
    expect(await take()).toBe('new')
    await die()
    expect(await take()).toBe('again')
    expect(await states()).toEqual(fresh)
    expect(await announced()).toEqual([{ queue: mapAcuteJob.queue, attempt: 0 }])
  })

  test('is listed with what its sender knows it by, and tried anew by hand', async () => {
    await take()
    await die()
    expect(await list()).toMatchObject([
      {
        relation: 'inbox_message',
        sourceId: 'hospital',
        event: 'ADT^A01',
        controlId: 'm1',
        reason: 'test',
        isKept: true
      }
    ])
    expect([await retry({ sourceId: 'other' }), await retry({ id: await rowId() })]).toEqual([0, 1])
    expect([await states(), await list()]).toEqual([fresh, []])
    expect(await announced()).toEqual([{ queue: mapAcuteJob.queue, attempt: 0 }])
  })

  test('and was purged since is not tried', async () => {
    await take()
    await die()
    await db().query('update inbox_message set body = null')
    expect([await take(), await retry()]).toEqual(['again', 0])
    expect(await states()).toMatchObject([{ state: 'dead' }])
  })

  test('that has not died is not tried again by its repetition', async () => {
    await take()
    await claimMessage(db(), await rowId(), 60_000)
    await take()
    expect(await states()).toMatchObject([{ state: 'received', attempt: 1 }])
  })
})

describe('what was mapped of a message, and died', () => {
  const local = { system: 'urn:hospital', value: '4711' }
  const survivor = randomUUID()
  const contributionId = randomUUID()

  async function dieWhileApplied() {
    await take()
    const part = { contributionId, local, body: Buffer.from('body'), contentHash: 'hash' }
    await db().transaction(async (sql) => {
      const row = { id: await rowId(), sourceId: 'hospital', authority: 'system' }
      const mapped = { sourceTime: '2026-11-22T10:00:00Z', sourceSequence: 0, parts: [part], documents: [] }
      await settleParts(sql, row, mapped)
      await sql.query('insert into patient (id) values ($1) on conflict do nothing', [survivor])
      await sql.query('update patient set merged_into = $1 where id = $2', [survivor, personIdOf(local)])
    })
    const claimed = await claimContribution(db(), contributionId, 1_000)
    if (!claimed) throw new Error('The contribution could not be claimed')
    const failure = { reason: 'test', retryable: false }
    await db().transaction((sql) => failRow(sql, 'contribution', claimed, failure))
    await db().query('delete from outbox_event')
  }
  const told = () =>
    db().query('select patient_id, reason, expression from quarantine where closed_at is null')

  test('is told to whoever reads of the person, under whom they were merged into', async () => {
    await dieWhileApplied()
    expect(await told()).toEqual([
      { patient_id: survivor, reason: 'unprocessed-message', expression: 'ADT^A01' }
    ])
    expect(
      await db().query('select from source_status where patient_id = $1 and source_id = $2', [
        survivor,
        'hospital'
      ])
    ).toHaveLength(1)
  })

  test('is tried anew by hand, and then nobody is told any more', async () => {
    await dieWhileApplied()
    expect(await list()).toMatchObject([{ relation: 'contribution', id: contributionId, controlId: 'm1' }])
    expect(await retry({ sourceId: 'hospital' })).toBe(1)
    expect(await told()).toEqual([])
    expect(await announced()).toEqual([{ queue: applyJob.queue, attempt: 0 }])
  })
})
