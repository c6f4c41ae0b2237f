import { purgeExpired, readPersonState, systemIds } from '@chesil/record-store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  apply,
  arrive,
  complete,
  createPerson,
  createSource,
  minute,
  observation,
  shownTexts,
  snapshot
} from '../support/contributions.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const { id: source, item, say, versionOf } = createSource(db)

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
