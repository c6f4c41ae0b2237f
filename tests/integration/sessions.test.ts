import { setTimeout as sleep } from 'node:timers/promises'
import {
  claimPull,
  createKeepingRule,
  endPull,
  purgeExpired,
  readPersonState,
  readView,
  receiveAnswer,
  requestPulls,
  systemIds
} from '@chesil/record-store'
import { expect, test } from 'vitest'
import {
  apply,
  arrive,
  complete,
  createPerson,
  observation,
  shownTexts,
  snapshot
} from '../support/contributions.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const hour = 3_600_000
let sources = 0
/** Another one for each test: an item belongs to one person. */
const newSource = () => `gp-session-${++sources}`
const purge = () => db().transaction((sql) => purgeExpired(sql, systemIds))
const sourcesOf = async (patientId: string, authority = 'session-1') =>
  (await readPersonState(db(), patientId, authority))?.sources

interface Word {
  readonly patientId: string
  readonly sourceId: string
  readonly names: readonly string[]
  readonly expiresAt: number
  readonly at?: number
  readonly authority?: string
}

async function say({
  patientId,
  sourceId,
  names,
  expiresAt,
  at = Date.now(),
  authority = 'session-1'
}: Word) {
  const contribution = snapshot({
    sections: complete('uncategorised'),
    entries: names.map((name) => observation(sourceId, name))
  })
  await apply(db(), await arrive(db(), { patientId, sourceId, authority, at, expiresAt, contribution }))
}

/** A pull of the session. @returns when its answer must be gone. */
async function request(patientId: string, sourceId: string, expiresAt: number, authority = 'session-1') {
  const id = systemIds.newId()
  const reader = { userId: 'u', organisation: 'R9Z' }
  await db().transaction((sql) =>
    requestPulls(sql, [{ id, patientId, sourceId, authority, reader, expiresAt }])
  )
  const [row] = await db().query<{ expiresAt: number }>(
    'select expires_at as "expiresAt" from pull where id = $1',
    [id]
  )
  return { pullId: id, patientId, sourceId, authority, expiresAt: row?.expiresAt ?? Number.NaN }
}
type Requested = Awaited<ReturnType<typeof request>>
const refuse = (pull: Requested) =>
  db().transaction((sql) => endPull(sql, { ...pull, outcome: 'refused-by-consent' }))

test('what a session was shown of a source ends at one time, however often it is asked again meanwhile', async () => {
  const [patientId, sourceId] = [await createPerson(db()), newSource()]
  const end = Date.now() + hour
  await refuse(await request(patientId, sourceId, end))
  expect(await request(patientId, sourceId, end + hour)).toMatchObject({ expiresAt: end })
  const other = await request(patientId, sourceId, end + hour, 'session-2')
  expect(other.expiresAt).toBe(end + hour)
})

test('a session that is over begins anew', async () => {
  const [patientId, sourceId] = [await createPerson(db()), newSource()]
  await refuse(await request(patientId, sourceId, Date.now() - 1))
  const end = Date.now() + hour
  expect(await request(patientId, sourceId, end)).toMatchObject({ expiresAt: end })
})

test('an answer repeated within a session is not left without what it repeats, whichever of them ends first', async () => {
  const said = { patientId: await createPerson(db()), sourceId: newSource(), names: ['allergy'] }
  const [soon, late] = [Date.now() + 900, Date.now() + hour]
  await say({ ...said, expiresAt: soon })
  await say({ ...said, expiresAt: late })
  await sleep(soon - Date.now() + 50)
  for (const purged of [false, true]) {
    if (purged) await purge()
    const { version = 0 } = (await readPersonState(db(), said.patientId, 'session-1')) ?? {}
    expect(await readView(db(), said.patientId, version, 'session-1')).toEqual([])
    expect(await sourcesOf(said.patientId)).toEqual([])
  }
})

test('what is said anew after a session’s end, and before the purge, outlives the purge', async () => {
  const said = { patientId: await createPerson(db()), sourceId: newSource(), names: ['allergy'] }
  const soon = Date.now() + 300
  await say({ ...said, expiresAt: soon })
  await sleep(soon - Date.now() + 50)
  await say({ ...said, expiresAt: Date.now() + hour })
  await purge()
  expect(await shownTexts(db(), said.patientId, 'session-1')).toEqual(['allergy'])
  expect(await sourcesOf(said.patientId)).toMatchObject([{ sections: [{ section: 'uncategorised' }] }])
})

test('an item that was purged may be said of somebody else, one that another session still has may not', async () => {
  const [first, second] = [await createPerson(db()), await createPerson(db())]
  const said = { sourceId: newSource(), names: ['moved'] }
  const soon = Date.now() + 300
  const later = Date.now() + hour
  await say({ ...said, patientId: first, expiresAt: soon })
  await say({ ...said, patientId: first, expiresAt: soon + 600, authority: 'session-2' })
  await sleep(soon - Date.now() + 50)
  await purge()
  await say({ ...said, patientId: second, expiresAt: later })
  expect(await shownTexts(db(), second, 'session-1')).toEqual([])
  await sleep(soon + 600 - Date.now() + 50)
  await purge()
  await say({ ...said, patientId: second, expiresAt: later })
  expect(await shownTexts(db(), second, 'session-1')).toEqual(['moved'])
})

test('a refusal is told until the end of the session it was last said to', async () => {
  const [patientId, sourceId] = [await createPerson(db()), newSource()]
  const soon = Date.now() + 300
  await refuse(await request(patientId, sourceId, soon))
  await sleep(soon - Date.now() + 50)
  await refuse(await request(patientId, sourceId, Date.now() + hour))
  await purge()
  expect(await sourcesOf(patientId)).toMatchObject([{ consentRefused: true }])
})

test('that a section failed is told until the end of the session it last failed in', async () => {
  const [patientId, sourceId] = [await createPerson(db()), newSource()]
  const soon = Date.now() + 300
  for (const expiresAt of [soon, soon + hour]) {
    const pull = await request(patientId, sourceId, expiresAt)
    const claimed = await claimPull(db(), pull.pullId, 10_000)
    await db().transaction((sql) =>
      receiveAnswer(sql, {
        ...pull,
        attempt: claimed?.attempt ?? 0,
        sourceTime: claimed?.beganAt ?? 0,
        messages: [{ id: systemIds.newId(), interface: 'test', body: Buffer.of(), bodyHash: '' }],
        failedSections: ['documents']
      })
    )
    await db().query(`update pull set state = 'done' where id = $1`, [pull.pullId])
    await sleep(Math.max(0, soon - Date.now() + 50))
  }
  await purge()
  const rows = await db().query('select section, state from source_section where patient_id = $1', [
    patientId
  ])
  expect(rows).toEqual([{ section: 'documents', state: 'failed' }])
})

test('what expires before it is applied is a dead letter with the time it died; what was settled keeps its reason', async () => {
  const said = { patientId: await createPerson(db()), sourceId: newSource() }
  const arrival = { ...said, authority: 'session-1', at: 0, expiresAt: Date.now() - 1 }
  const waiting = await arrive(db(), { ...arrival, contribution: snapshot({}) })
  const failed = await arrive(db(), { ...arrival, contribution: snapshot({}) })
  const applied = await arrive(db(), { ...arrival, contribution: snapshot({}) })
  const settle = 'update contribution set state = $2, reason = $3, settled_at = to_timestamp(1) where id = $1'
  await db().query(settle, [failed, 'dead', 'a reason'])
  await db().query(settle, [applied, 'applied', null])
  await purge()
  const read = async (id: string) =>
    (
      await db().query('select state, reason, settled_at as "settledAt" from contribution where id = $1', [
        id
      ])
    )[0]
  expect(await read(waiting)).toEqual({ state: 'dead', reason: 'expired', settledAt: expect.any(Number) })
  expect(await read(failed)).toEqual({ state: 'dead', reason: 'a reason', settledAt: 1_000 })
  expect(await read(applied)).toEqual({ state: 'applied', reason: null, settledAt: 1_000 })
  const letters = await db().query('select relation, died_at from dead_letter where patient_id = $1', [
    said.patientId
  ])
  expect(letters.filter(({ died_at }) => died_at === null)).toEqual([])
})

test('what was kept of a source goes, everywhere and with a record of it, when its answers may be shown to one session only', async () => {
  const [patientId, sourceId, other] = [await createPerson(db()), newSource(), newSource()]
  const keep = async (from: string) => {
    const contribution = snapshot({
      sections: complete('uncategorised'),
      entries: [observation(from, from)],
      quarantined: [{ reason: 'invalid', resourceType: 'Observation', sections: ['uncategorised'] }]
    })
    await apply(db(), await arrive(db(), { patientId, sourceId: from, at: 0, contribution }))
  }
  await keep(sourceId)
  await keep(other)
  await say({ patientId, sourceId, names: ['session'], expiresAt: Date.now() + hour })
  const purged: number[] = []
  const keeping = createKeepingRule({
    database: db(),
    sourceIds: [sourceId],
    ids: systemIds,
    onPurged: (persons) => void purged.push(persons),
    onError: (error) => {
      throw error
    }
  })
  await expect.poll(() => shownTexts(db(), patientId)).toEqual([other])
  await keeping.close()
  expect(purged).toEqual([1])
  const traces = await db().query(
    `select 'view_entry' from view_entry where source_id = $1 and authority = 'system'
      union all select 'source_resource' from source_resource where source_id = $1 and authority = 'system'
      union all select 'source_section' from source_section where source_id = $1 and authority = 'system'
      union all select 'source_status' from source_status where source_id = $1 and authority = 'system'
      union all select 'quarantine' from quarantine where source_id = $1 and authority = 'system'
      union all select 'contribution' from contribution where source_id = $1 and authority = 'system' and body is not null
      union all select 'inbox' from inbox_message where source_id = $1 and authority = 'system' and body is not null`,
    [sourceId]
  )
  expect(traces).toEqual([])
  const counted = await db().query('select relation, row_count from purge_record where source_id = $1', [
    sourceId
  ])
  expect(counted).toContainEqual({ relation: 'view_entry', row_count: 1 })
  const versions = await db().query(
    'select version, cause from patient_version where patient_id = $1 order by version',
    [patientId]
  )
  expect(versions.at(-1)).toEqual({ version: versions.length, cause: 'retention-rule' })
  expect(await shownTexts(db(), patientId, 'session-1')).toEqual(['session'])
})
