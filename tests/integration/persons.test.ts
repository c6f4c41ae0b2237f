import {
  findPersonByNhsNumber,
  hasObjection,
  readView,
  recordObjection,
  systemIds,
  withdrawObjection
} from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { shownTexts } from '../support/contributions.ts'
import { createPersons, pdsPatient } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()

const { next, trace, stateOf, say, merge, unmerge } = createPersons(db)

describe('a trace', () => {
  test('makes a person of a number we did not know, and shows them as PDS does', async () => {
    const asked = next()
    const id = await trace({ asked })
    expect(await findPersonByNhsNumber(db(), asked)).toBe(id)
    expect(await stateOf(id)).toMatchObject({
      version: 1,
      nhsNumber: asked,
      trace: { status: 'unrestricted', registeredPractice: 'J81001', deceased: false }
    })
    const [patient] = await readView(db(), id, 1, 'system')
    expect(JSON.parse(patient?.body ?? '')).toMatchObject({
      resourceType: 'Patient',
      id,
      birthDate: '1950-04-21'
    })
  })

  test('that says nothing new raises neither version nor revision', async () => {
    const asked = next()
    const id = await trace({ asked })
    const before = await stateOf(id)
    await trace({ asked })
    expect(await stateOf(id)).toMatchObject({ version: 1, revision: before?.revision })
  })

  test('that is older than the one we have changes nothing', async () => {
    const asked = next()
    const id = await trace({ asked })
    await trace({ asked, status: 'restricted' })
    const before = await stateOf(id)
    await trace({
      asked,
      tracedAt: Date.UTC(2025, 0, 1),
      patient: pdsPatient(asked, { birthDate: '1999-09-09' })
    })
    expect(await stateOf(id)).toEqual(before)
    expect(before?.trace?.status).toBe('restricted')
  })

  test('of somebody restricted keeps the status and nothing else', async () => {
    const asked = next()
    const id = await trace({ asked })
    await trace({ asked, status: 'restricted' })
    expect((await stateOf(id))?.trace).toMatchObject({ status: 'restricted' })
    const rows = await db().query(
      'select demographics, family, birth_date from pds_trace where patient_id = $1',
      [id]
    )
    expect(rows).toEqual([{ demographics: null, family: null, birth_date: null }])
  })

  test('that is older than the one we have changes nothing', async () => {
    const asked = next()
    const id = await trace({ asked, status: 'restricted' })
    await trace({ asked, tracedAt: Date.UTC(2025, 0, 1) })
    expect((await stateOf(id))?.trace?.status).toBe('restricted')
  })

  test('of an invalidated number opens a review, once', async () => {
    const asked = next()
    const id = await trace({ asked })
    await trace({ asked, status: 'invalidated' })
    await trace({ asked, status: 'invalidated' })
    const reviews = await db().query('select reason from identity_review where patient_id = $1', [id])
    expect(reviews).toEqual([{ reason: 'pds-invalidated' }])
  })

  test('by many at once makes one person', async () => {
    const asked = next()
    const ids = await Promise.all(Array.from({ length: 16 }, () => trace({ asked })))
    expect(new Set(ids).size).toBe(1)
    const rows = await db().query('select 1 from patient_identifier where value = $1', [asked])
    expect(rows).toHaveLength(1)
  })
})

describe('a superseded number', () => {
  test('leads to the same person as the current one', async () => {
    const [old, current] = [next(), next()]
    const id = await trace({ asked: old, current })
    expect(await findPersonByNhsNumber(db(), old)).toBe(id)
    expect(await findPersonByNhsNumber(db(), current)).toBe(id)
    expect(await stateOf(id)).toMatchObject({ nhsNumber: current, oldNhsNumbers: [old] })
  })

  test('of somebody we had as another person joins the two, and every item keeps its id', async () => {
    const [old, current] = [next(), next()]
    const [a, b] = [await trace({ asked: old }), await trace({ asked: current })]
    await say(a, 'gp-one', ['from-a'])
    await say(b, 'gp-two', ['from-b'])
    const before = await db().query<{ resource_id: string }>(
      'select resource_id from source_resource where patient_id in ($1, $2) order by 1',
      [a, b]
    )
    const survivor = await trace({ asked: old, current })
    expect(survivor).toBe(b)
    expect(await shownTexts(db(), b)).toEqual(['from-a', 'from-b'])
    expect(await shownTexts(db(), a)).toEqual([])
    expect((await stateOf(a))?.patientId).toBe(b)
    const after = await db().query(
      'select resource_id from source_resource where patient_id = $1 order by 1',
      [b]
    )
    expect(after).toEqual(before)
    const bodies = await readView(db(), b, (await stateOf(b))?.version ?? 0, 'system')
    expect(bodies.filter(({ body }) => body.includes(a))).toEqual([])
  })
})

describe('a merge', () => {
  async function two() {
    const [a, b] = [await trace({ asked: next() }), await trace({ asked: next() })]
    await say(a, `gp-a-${a}`, ['a1', 'a2'])
    await say(b, `gp-b-${b}`, ['b1'])
    return { a, b }
  }
  test('is undone to what was, with what has arrived since where it belongs', async () => {
    const { a, b } = await two()
    const link = await merge(a, b)
    expect(await shownTexts(db(), b)).toEqual(['a1', 'a2', 'b1'])
    await unmerge(link)
    expect(await shownTexts(db(), a)).toEqual(['a1', 'a2'])
    expect(await shownTexts(db(), b)).toEqual(['b1'])
    expect((await stateOf(a))?.patientId).toBe(a)
    const owners = await db().query<{ patient_id: string }>(
      `select distinct patient_id from source_resource_owner
        where resource_id in (select resource_id from source_resource where source_id = $1)`,
      [`gp-a-${a}`]
    )
    expect(owners).toEqual([{ patient_id: a }])
  })

  test('raises both versions, and asks the sources of both again', async () => {
    const { a, b } = await two()
    const versions = [(await stateOf(a))?.version ?? 0, (await stateOf(b))?.version ?? 0]
    await merge(a, b)
    const rows = await db().query<{ version: number }>(
      'select version from patient where id in ($1, $2) order by id = $1 desc',
      [a, b]
    )
    expect(rows.map(({ version }) => version)).toEqual(versions.map((version) => version + 1))
    expect((await stateOf(b))?.sources.find(({ sourceId }) => sourceId === `gp-a-${a}`)?.stale).toBe(true)
  })

  test('with oneself, with somebody merged, and undone twice are refused', async () => {
    const { a, b } = await two()
    const c = await trace({ asked: next() })
    await expect(merge(a, a)).rejects.toMatchObject({ kind: 'conflict' })
    const link = await merge(a, b)
    await expect(merge(a, c)).rejects.toMatchObject({ kind: 'conflict' })
    await expect(merge(c, a)).rejects.toMatchObject({ kind: 'conflict' })
    await unmerge(link)
    await expect(unmerge(link)).rejects.toMatchObject({ kind: 'conflict' })
  })
})

test('an objection stands until it is withdrawn, and is known before the person is', async () => {
  const nhsNumber = next()
  const objection = { nhsNumber, recordedBy: 'test' }
  await db().transaction((sql) => recordObjection(sql, { ...objection, id: systemIds.newId() }))
  await db().transaction((sql) => recordObjection(sql, { ...objection, id: systemIds.newId() }))
  expect(await hasObjection(db(), nhsNumber)).toBe(true)
  const id = await trace({ asked: nhsNumber })
  expect((await stateOf(id))?.objection).toBe(true)
  const { revision = 0 } = (await stateOf(id)) ?? {}
  await db().transaction((sql) => withdrawObjection(sql, { nhsNumber, withdrawnBy: 'test' }))
  expect(await stateOf(id)).toMatchObject({ objection: false, revision: revision + 1 })
})
