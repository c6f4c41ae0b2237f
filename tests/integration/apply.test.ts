import { itemTags, type QuarantineReason, type Section } from '@chesil/contracts'
import { chesil, findNhsNumber, type NhsNumber } from '@chesil/fhir'
import {
  purgeExpired,
  readPersonState,
  recordObjection,
  requestPulls,
  saveTrace,
  systemIds
} from '@chesil/record-store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
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
const source = 'gp-test'
const item = (name: string, text?: string, sections?: Section[]) => observation(source, name, text, sections)
const minute = (n: number) => Date.UTC(2026, 0, 1, 0, n)

async function say(patientId: string, at: number, contribution: Parameters<typeof snapshot>[0]) {
  const id = await arrive(db(), { patientId, at, contribution: snapshot(contribution) })
  return await apply(db(), id)
}

const versionOf = async (patientId: string) => (await readPersonState(db(), patientId, 'system'))?.version

describe('a snapshot', () => {
  test('shows what it names, and withdraws what the next one no longer names', async () => {
    const person = await createPerson(db())
    await say(person, minute(1), { sections: complete('uncategorised'), entries: [item('a1'), item('a2')] })
    expect(await shownTexts(db(), person)).toEqual(['a1', 'a2'])
    await say(person, minute(2), { sections: complete('uncategorised'), entries: [item('a2')] })
    expect(await shownTexts(db(), person)).toEqual(['a2'])
  })

  test('keeps the history of what it withdrew and of what it changed', async () => {
    const person = await createPerson(db())
    await say(person, minute(1), {
      sections: complete('uncategorised'),
      entries: [item('h1', 'first'), item('h2')]
    })
    await say(person, minute(2), { sections: complete('uncategorised'), entries: [item('h1', 'second')] })
    const rows = await db().query(
      `select body::json -> 'code' ->> 'text' as text, from_version as "from", to_version as "to" from view_entry
        where patient_id = $1 order by from_version, text`,
      [person]
    )
    expect(rows).toEqual([
      { text: 'first', from: 1, to: 2 },
      { text: 'h2', from: 1, to: 2 },
      { text: 'second', from: 2, to: null }
    ])
  })

  test('that is not complete withdraws nothing', async () => {
    const person = await createPerson(db())
    await say(person, minute(1), { sections: complete('uncategorised'), entries: [item('p1')] })
    const inTransit = { section: 'uncategorised', state: 'returned', warnings: [], complete: false } as const
    await say(person, minute(2), { sections: [inTransit], entries: [item('p2')] })
    expect(await shownTexts(db(), person)).toEqual(['p1', 'p2'])
  })

  test('that says the same again raises no version and writes no entry', async () => {
    const person = await createPerson(db())
    const contribution = { sections: complete('uncategorised'), entries: [item('s1'), item('s2')] }
    await say(person, minute(1), contribution)
    await say(person, minute(2), contribution)
    expect(await versionOf(person)).toBe(1)
    const [rows] = await db().query('select count(*) from view_entry where patient_id = $1', [person])
    expect(rows).toEqual({ count: 2 })
  })
})

test('a contribution takes effect once, however many workers take it up', async () => {
  const person = await createPerson(db())
  const id = await arrive(db(), {
    patientId: person,
    at: minute(1),
    contribution: snapshot({ sections: complete('uncategorised'), entries: [item('once')] })
  })
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => apply(db(), id)))
  expect(outcomes.flat()).toEqual(['applied'])
  expect(await versionOf(person)).toBe(1)
})

test('contributions that arrive in any order give one record', async () => {
  const names = ['x', 'y', 'z']
  const said = fc.uniqueArray(
    fc.record({
      at: fc.integer({ min: 0, max: 9 }),
      items: fc.dictionary(fc.constantFrom(...names), fc.constantFrom('1', '2'))
    }),
    { minLength: 2, maxLength: 5, selector: ({ at }) => at }
  )
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      said.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      async ([all, shuffled]) => {
        const prefix = `o${run++}`
        const records: string[][] = []
        for (const order of [all, shuffled]) {
          // The same source under another name: an item belongs to one person.
          const sourceId = `${source}-${prefix}-${records.length}`
          const person = await createPerson(db())
          for (const { at, items } of order) {
            const entries = Object.entries(items).map(([name, text]) =>
              observation(sourceId, name, `${name}${text}`)
            )
            const contribution = snapshot({ sections: complete('uncategorised'), entries })
            await apply(
              db(),
              await arrive(db(), { patientId: person, sourceId, at: minute(at), contribution })
            )
          }
          records.push(await shownTexts(db(), person))
        }
        expect(records[0]).toEqual(records[1])
      }
    ),
    { numRuns: 25 }
  )
})

describe('an item that its source has said of somebody else', () => {
  test('is kept out of the second record, and the reader is told', async () => {
    const [first, second] = [await createPerson(db()), await createPerson(db())]
    await say(first, minute(1), { sections: complete('uncategorised'), entries: [item('mine')] })
    await say(second, minute(2), {
      sections: complete('uncategorised'),
      entries: [item('mine'), item('own')]
    })
    expect(await shownTexts(db(), first)).toEqual(['mine'])
    expect(await shownTexts(db(), second)).toEqual(['own'])
    const state = await readPersonState(db(), second, 'system')
    expect(state?.sources[0]?.sections).toMatchObject([{ section: 'uncategorised', quarantined: 1 }])
  })

  test('moves once the first record no longer has it', async () => {
    const [first, second] = [await createPerson(db()), await createPerson(db())]
    await say(first, minute(1), { sections: complete('uncategorised'), entries: [item('moved')] })
    await say(first, minute(2), { sections: complete('uncategorised'), entries: [] })
    await say(second, minute(3), { sections: complete('uncategorised'), entries: [item('moved')] })
    expect(await shownTexts(db(), first)).toEqual([])
    expect(await shownTexts(db(), second)).toEqual(['moved'])
  })

  test('moves though an older answer, which came late, still named it', async () => {
    const [first, second] = [await createPerson(db()), await createPerson(db())]
    await say(first, minute(5), { sections: complete('uncategorised'), entries: [] })
    await say(first, minute(4), { sections: complete('uncategorised'), entries: [item('late')] })
    expect(await shownTexts(db(), first)).toEqual([])
    expect(await versionOf(first)).toBe(0)
    await say(second, minute(6), { sections: complete('uncategorised'), entries: [item('late')] })
    expect(await shownTexts(db(), second)).toEqual(['late'])
  })

  test('moves though the first record was told of its deletion alone', async () => {
    const [first, second] = [await createPerson(db()), await createPerson(db())]
    const { resource: _, ...deletion } = item('deleted')
    await say(first, minute(1), { mode: 'delta', entries: [deletion] })
    await say(second, minute(2), { sections: complete('uncategorised'), entries: [item('deleted')] })
    expect(await shownTexts(db(), second)).toEqual(['deleted'])
  })
})

describe('an item that is quarantined', () => {
  const quarantinedAs = (reason: QuarantineReason, name: string) => ({
    sections: complete('uncategorised'),
    quarantined: [
      {
        reason,
        resourceType: 'Observation',
        sourceResourceId: `Observation/${name}`,
        sections: ['uncategorised' as const]
      }
    ]
  })

  test.each(['invalid', 'no-subject'] as const)(
    'as %s stays as it last was, and the reader is told',
    async (reason) => {
      const person = await createPerson(db())
      await say(person, minute(1), { sections: complete('uncategorised'), entries: [item(reason)] })
      await say(person, minute(2), quarantinedAs(reason, reason))
      await say(person, minute(3), quarantinedAs(reason, reason))
      expect(await shownTexts(db(), person)).toEqual([reason])
      expect(await versionOf(person)).toBe(1)
      const state = await readPersonState(db(), person, 'system')
      expect(state?.sources[0]?.sections).toMatchObject([{ section: 'uncategorised', quarantined: 1 }])
      await say(person, minute(4), { sections: complete('uncategorised'), entries: [] })
      expect(await shownTexts(db(), person)).toEqual([])
    }
  )

  test('as somebody else’s is withdrawn', async () => {
    const person = await createPerson(db())
    await say(person, minute(1), { sections: complete('uncategorised'), entries: [item('other')] })
    await say(person, minute(2), quarantinedAs('other-subject', 'other'))
    expect(await shownTexts(db(), person)).toEqual([])
  })
})

describe('of somebody whose record was closed since it was mapped', () => {
  const numbers = Array.from({ length: 40 }, (_, n) => findNhsNumber(`99900001${String(n).padStart(2, '0')}`))
    .filter((number) => number !== undefined)
    .values()
  const trace = (asked: NhsNumber, status: 'unrestricted' | 'restricted', tracedAt = Date.now()) =>
    db().transaction((sql) => saveTrace(sql, { asked, current: asked, status, tracedAt }, systemIds))
  const answer = (patientId: string, name: string) => ({
    patientId,
    at: minute(1),
    contribution: snapshot({ sections: complete('uncategorised'), entries: [item(name)] })
  })

  test.each([
    [
      'they objected',
      (nhsNumber: NhsNumber) =>
        db().transaction((sql) =>
          recordObjection(sql, { id: systemIds.newId(), nhsNumber, recordedBy: 'test' })
        )
    ],
    ['PDS restricted them', (nhsNumber: NhsNumber) => trace(nhsNumber, 'restricted')]
  ])('nothing lands, and nothing of the answer is kept: %s', async (name, close) => {
    const nhsNumber = numbers.next().value as NhsNumber
    const person = await trace(nhsNumber, 'unrestricted')
    const id = await arrive(db(), answer(person, name))
    const pullId = systemIds.newId()
    const reader = { userId: 'u', organisation: 'R9Z' }
    await db().transaction((sql) =>
      requestPulls(sql, [{ id: pullId, patientId: person, sourceId: source, authority: 'system', reader }])
    )
    await db().query(`update pull set state = 'answered', open_messages = 1 where id = $1`, [pullId])
    await db().query('update contribution set pull_id = $2 where id = $1', [id, pullId])
    const before = await versionOf(person)
    await close(nhsNumber)
    expect(await apply(db(), id)).toEqual(['refused'])
    expect(await shownTexts(db(), person)).toEqual([])
    expect(await versionOf(person)).toBe(before)
    const [kept] = await db().query(
      `select c.state, c.reason, c.body as contribution, m.body as message, p.outcome, p.detail from contribution c
         join inbox_message m on m.id = c.inbox_message_id join pull p on p.id = c.pull_id where c.id = $1`,
      [id]
    )
    expect(kept).toEqual({
      state: 'refused',
      reason: 'person-gate',
      contribution: null,
      message: null,
      outcome: 'refused-answer',
      detail: 'person-gate'
    })
    expect(await apply(db(), id)).toEqual([])
  })

  test('but an old trace closes nothing: what lands is shown when PDS has been asked again', async () => {
    const nhsNumber = numbers.next().value as NhsNumber
    const person = await trace(nhsNumber, 'unrestricted', Date.now() - 25 * 3_600_000)
    expect(await apply(db(), await arrive(db(), answer(person, 'old trace')))).toEqual(['applied'])
    expect(await shownTexts(db(), person)).toEqual(['old trace'])
  })
})

test('what was quarantined is counted by section, and no longer once it is sent in order', async () => {
  const person = await createPerson(db())
  const quarantined = [
    { reason: 'other-subject', resourceType: 'DocumentReference', sections: ['consultations'] }
  ] as const
  await say(person, minute(1), { sections: complete('consultations'), quarantined })
  await say(person, minute(2), { sections: complete('consultations'), quarantined })
  const before = await readPersonState(db(), person, 'system')
  expect(before?.sources[0]?.sections).toMatchObject([{ section: 'consultations', quarantined: 1 }])
  await say(person, minute(3), { sections: complete('consultations') })
  const after = await readPersonState(db(), person, 'system')
  expect(after?.sources[0]?.sections).toMatchObject([{ section: 'consultations', quarantined: 0 }])
})

test('items that landed degraded are counted by section', async () => {
  const person = await createPerson(db())
  const entry = item('d1')
  const resource = { ...entry.resource, meta: { tag: [{ system: chesil.itemTag, ...itemTags.degraded }] } }
  await say(person, minute(1), {
    sections: complete('uncategorised'),
    entries: [{ ...entry, resource: resource as typeof entry.resource & object }, item('d2')]
  })
  const state = await readPersonState(db(), person, 'system')
  expect(state?.sources[0]?.sections).toMatchObject([{ section: 'uncategorised', degraded: 1 }])
})

test('every version has a hash over what it shows, and a record of why it came about', async () => {
  const person = await createPerson(db())
  await say(person, minute(1), { sections: complete('uncategorised'), entries: [item('v1')] })
  await say(person, minute(2), { sections: complete('uncategorised'), entries: [item('v1', 'other')] })
  const versions = await db().query<{ hash: string; cause: string }>(
    'select hash, cause from patient_version where patient_id = $1 order by version',
    [person]
  )
  expect(versions.map(({ cause }) => cause)).toEqual(['contribution', 'contribution'])
  expect(new Set(versions.map(({ hash }) => hash)).size).toBe(2)
  const changes = await db().query(
    'select version, counts from change_event where patient_id = $1 order by version',
    [person]
  )
  expect(changes).toEqual([
    { version: 1, counts: { Observation: { shown: 1, withdrawn: 0 } } },
    { version: 2, counts: { Observation: { shown: 1, withdrawn: 0 } } }
  ])
})

describe('what may be shown to one session only', () => {
  test('is not in the shared record, and is purged when its time is over, leaving counts and hashes', async () => {
    const person = await createPerson(db())
    const contribution = snapshot({ sections: complete('uncategorised'), entries: [item('secret')] })
    const id = await arrive(db(), {
      patientId: person,
      authority: 'session-1',
      at: minute(1),
      expiresAt: Date.now() + 1_500,
      contribution
    })
    await apply(db(), id)
    expect(await shownTexts(db(), person)).toEqual([])
    expect(await shownTexts(db(), person, 'session-1')).toEqual(['secret'])
    expect((await readPersonState(db(), person, 'session-2'))?.sources).toEqual([])

    await new Promise((resolve) => setTimeout(resolve, 1_600))
    expect((await readPersonState(db(), person, 'session-1'))?.sources).toEqual([])
    await db().transaction((sql) => purgeExpired(sql, systemIds))
    const traces = await db().query(
      `select 'view_entry' from view_entry where patient_id = $1
        union all select 'source_resource' from source_resource where patient_id = $1
        union all select 'source_section' from source_section where patient_id = $1
        union all select 'source_status' from source_status where patient_id = $1
        union all select 'contribution' from contribution where patient_id = $1 and body is not null
        union all select 'inbox_message' from inbox_message where patient_id = $1 and body is not null`,
      [person]
    )
    expect(traces).toEqual([])
    const purged = await db().query(
      'select relation, row_count, length(digest) as length from purge_record where relation = $1',
      ['view_entry']
    )
    expect(purged).toContainEqual({ relation: 'view_entry', row_count: 1, length: 43 })
  })
})
