import { gzipSync } from 'node:zlib'
import type { EpisodeOfCare, NhsNumber, Resource } from '@chesil/fhir'
import { cldColumns } from '@chesil/mappers'
import {
  buryTheExhausted,
  recordObjection,
  retryMessages,
  systemIds,
  withdrawObjection
} from '@chesil/record-store'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Cells, createCouncil, csvOf, homeCare, quarter } from '../support/council.ts'
import { createPersons } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const council = createCouncil(db)
beforeEach(async () => {
  await db().query(
    `truncate inbox_message, contribution, outbox_event, patient, submission, council_person, view_entry, quarantine,
              source_resource, source_resource_owner, source_part, source_section, source_status cascade`
  )
})

const send = (...rows: readonly Cells[]) => council.post(csvOf(rows))
const typesOf = (resources: readonly Resource[]) => resources.map(({ resourceType }) => resourceType)
const serviceOf = async (number: string): Promise<EpisodeOfCare | undefined> =>
  (await council.shown(council.personOf(number))).find(
    (one): one is EpisodeOfCare => one.resourceType === 'EpisodeOfCare'
  )
const kept = async () => {
  const [row] = await db().query(
    `select (select count(*) from inbox_message) as messages, (select count(*) from submission_chunk) as chunks,
            (select count(*) from submission_person) as persons, (select count(*) from contribution) as contributions`
  )
  return row
}
const nothing = { messages: 0, chunks: 0, persons: 0, contributions: 0 }
const july = quarter('2025-07-01', '2025-09-30')

test('a file is kept whole before it is answered, and then leads to the record', async () => {
  const answer = await send(homeCare, { ...homeCare, LA_Person_Unique_Identifier: 'P2' })
  expect(answer).toMatchObject({
    status: 202,
    outcome: 'new',
    report: {
      period: { start: '2025-04-01', end: '2025-06-30' },
      rows: { read: 2, applied: 2, unchanged: 0, superseded: 0, repeated: 0, rejected: 0 },
      persons: 2
    }
  })
  expect(await kept()).toMatchObject({ messages: 1, chunks: 1, persons: 2, contributions: 0 })
  expect((await council.ask(answer.id ?? '')).outcome).toBe('waiting')
  await council.settle()
  expect((await council.ask(answer.id ?? '')).outcome).toBe('settled')
  for (const number of ['P1', 'P2'])
    expect(typesOf(await council.shown(council.personOf(number)))).toEqual([
      'EpisodeOfCare',
      'Organization',
      'Patient'
    ])
})

describe('the same file again', () => {
  test('changes nothing, packed or not', async () => {
    const first = await send(homeCare)
    await council.settle()
    const before = await kept()
    const again = await council.post(gzipSync(csvOf([homeCare])))
    expect(again).toMatchObject({ status: 200, outcome: 'again', id: first.id, report: first.report })
    await council.settle()
    expect(await kept()).toEqual(before)
  })

  test('many times at one moment is kept once', async () => {
    const replica = createCouncil(db)
    const taken = await Promise.all([send(homeCare), replica.post(csvOf([homeCare]))])
    expect(taken.map(({ outcome }) => outcome).sort()).toEqual(['again', 'new'])
    expect(await kept()).toMatchObject({ messages: 1, chunks: 1, persons: 1 })
  })
})

test('of one council one file is read at a time: another is to be sent again', async () => {
  const statuses = (await Promise.all([send(homeCare), send(homeCare)])).map(({ status }) => status)
  expect(statuses.sort()).toEqual([202, 503])
  expect((await send(homeCare)).outcome).toBe('again')
})

test('a file that says the same in other words leads to no new contribution', async () => {
  await send(homeCare)
  await council.settle()
  const { report } = await send({ ...homeCare, Event_Reference: '99' })
  expect(report?.rows).toMatchObject({ applied: 0, unchanged: 1 })
  await council.settle()
  expect((await kept())?.contributions).toBe(1)
})

test('a dry run tells the same and keeps nothing', async () => {
  const rows = [homeCare, { ...homeCare, Event_Start_Date: 'soon' }, { ...homeCare, Service_Type: 'Cosy' }]
  const dry = await council.dryRun(rows)
  expect(dry).toMatchObject({ status: 200, outcome: 'checked' })
  expect(dry.id).toBeUndefined()
  expect(await kept()).toEqual(nothing)
  expect((await send(...rows)).report).toEqual(dry.report)
})

test('the report names each row that is not taken, and each value that is not mapped, by its line', async () => {
  const { status, report } = await send(
    homeCare,
    { ...homeCare, Event_Start_Date: 'soon' },
    { ...homeCare, LA_Code: '999' },
    { ...homeCare, ...july },
    { ...homeCare, LA_Person_Unique_Identifier: 'a\nb' },
    { ...homeCare, LA_Person_Unique_Identifier: 'P2', Service_Type: '=CMD()' }
  )
  expect(status).toBe(202)
  expect(report?.rows).toMatchObject({ read: 6, applied: 2, rejected: 4 })
  expect(report?.rejected.map(({ reason, lines }) => [reason, lines])).toEqual([
    ['no-start', [3]],
    ['other-council', [4]],
    ['other-period', [5]],
    ['person-number-unreadable', [7]]
  ])
  expect(report?.notMapped).toMatchObject([{ column: 'Service_Type', values: ['=CMD()'], rows: 1 }])
})

describe('what a later submission does not name', () => {
  test('is shown as not confirmed, never as ended', async () => {
    await send(homeCare, { ...homeCare, LA_Person_Unique_Identifier: 'P2' })
    const { report } = await send({ ...homeCare, ...july })
    expect(report).toMatchObject({ notNamedAnyMore: 1, rows: { unchanged: 1 } })
    await council.settle()
    const silent = await serviceOf('P2')
    expect(silent?.status).toBe('active')
    expect(silent?.text?.div).toContain('Not in the council')
    expect(JSON.stringify(silent?.extension)).toContain('not-in-latest-submission')
    expect(JSON.stringify((await serviceOf('P1'))?.extension)).not.toContain('not-in-latest-submission')
  })

  test('is confirmed again by one that names it', async () => {
    await send(homeCare)
    await send({ ...homeCare, ...july, LA_Person_Unique_Identifier: 'P2' })
    await send({ ...homeCare, ...quarter('2025-10-01', '2025-12-31') })
    await council.settle()
    expect(JSON.stringify((await serviceOf('P1'))?.extension)).not.toContain('not-in-latest-submission')
  })
})

test('a correction for the same period takes the place of what it corrects: who is not in it is gone', async () => {
  await send(homeCare, { ...homeCare, LA_Person_Unique_Identifier: 'P2' })
  await council.settle()
  await send({ ...homeCare, Planned_units_per_week: '14' })
  await council.settle()
  expect(await serviceOf('P2')).toBeUndefined()
  expect(await serviceOf('P1')).toBeDefined()
})

test('a correction that was a mistake is taken back by sending the first file again', async () => {
  const first = await send(homeCare)
  await council.settle()
  await send({ ...homeCare, LA_Person_Unique_Identifier: 'P2' })
  await council.settle()
  const again = await send(homeCare)
  expect(again).toMatchObject({ status: 202, outcome: 'new', report: { rows: { applied: 1 } } })
  expect(again.id).not.toBe(first.id)
  await council.settle()
  expect(await serviceOf('P1')).toBeDefined()
  expect(await serviceOf('P2')).toBeUndefined()
  expect(await send(homeCare)).toMatchObject({ outcome: 'again', id: again.id })
})

test('a submission for an earlier period that comes late changes nothing that a later one has said', async () => {
  await send({ ...homeCare, ...july, Event_End_Date: '2025-08-01' })
  await council.settle()
  const { report } = await send(homeCare)
  expect(report?.rows).toMatchObject({ superseded: 1, applied: 0 })
  await council.settle()
  expect(await serviceOf('P1')).toMatchObject({ status: 'finished', period: { end: '2025-08-01' } })
})

describe('work on a submission', () => {
  const crowd = Array.from({ length: 250 }, (_, at) => ({
    ...homeCare,
    LA_Person_Unique_Identifier: `P${at}`
  }))

  beforeAll(async () => {
    await db().query('create table fuse as select 0 as batches')
    await db().query(
      `create function burn() returns trigger language plpgsql as $$
         begin
           update fuse set batches = batches - 1;
           if (select batches from fuse) < 0 then raise exception 'stopped'; end if;
           return new;
         end $$`
    )
    await db().query(
      'create trigger burn before update of part_count on submission for each row execute function burn()'
    )
  })
  afterAll(() => db().query('drop function burn cascade'))
  /** From now on so many batches are settled, and the next one fails. */
  const stopAfter = (batches: number) => db().query('update fuse set batches = $1', [batches])
  const goOn = () => stopAfter(1_000_000)
  const tryNow = async (id: string) => {
    await db().query('update inbox_message set lease_until = null')
    await council.map(id)
  }
  beforeEach(goOn)

  test('goes on where it stopped', async () => {
    const { id = '' } = await send(...crowd)
    await stopAfter(1)
    await council.map(id)
    const [half] = await db().query('select part_count as "partCount" from submission')
    expect(half).toEqual({ partCount: 100 })
    await goOn()
    await council.settle()
    const parts = await db().query<{ part: number }>('select part from contribution order by part')
    expect(parts.map(({ part }) => part)).toEqual(crowd.map((_, at) => at))
    expect(await serviceOf('P249')).toBeDefined()
  })

  test('goes on however often it is interrupted, as long as it gets on', async () => {
    const rows = Array.from({ length: 750 }, (_, at) => ({
      ...homeCare,
      LA_Person_Unique_Identifier: `P${at}`
    }))
    const { id = '' } = await send(...rows)
    for (let turn = 0; turn < 7; turn++) {
      await stopAfter(1)
      await tryNow(id)
    }
    await db().query(`update inbox_message set lease_until = now() - interval '1 minute'`)
    expect(await db().transaction((sql) => buryTheExhausted(sql, 100))).toBe(0)
    expect(await council.ask(id)).toMatchObject({ outcome: 'waiting' })
    await goOn()
    await tryNow(id)
    expect(await council.ask(id)).toMatchObject({ outcome: 'settled' })
    expect((await kept())?.contributions).toBe(750)
  })

  test('is set aside once it does not get on; sent again, it is tried as often anew', async () => {
    const { id = '' } = await send(...crowd)
    await stopAfter(1)
    await tryNow(id)
    await stopAfter(0)
    for (let turn = 0; turn < 4; turn++) await tryNow(id)
    expect(await council.ask(id)).toMatchObject({ outcome: 'waiting' })
    await tryNow(id)
    expect(await council.ask(id)).toMatchObject({ outcome: 'failed' })
    await send(...crowd)
    for (let turn = 0; turn < 5; turn++) await tryNow(id)
    expect(await council.ask(id)).toMatchObject({ outcome: 'failed' })
    await goOn()
    expect(await send(...crowd)).toMatchObject({ outcome: 'again', id })
    await council.settle()
    expect(await council.ask(id)).toMatchObject({ outcome: 'settled' })
    expect((await kept())?.contributions).toBe(250)
  })

  test('that had died, and is tried again, takes back nothing that was said since', async () => {
    const first = await send(homeCare, { ...homeCare, LA_Person_Unique_Identifier: 'P2' })
    await db().query(`update inbox_message set state = 'dead'`)
    await send({ ...homeCare, Planned_units_per_week: '14' })
    await council.settle()
    const before = await council.shown(council.personOf('P1'))
    await db().transaction((sql) => retryMessages(sql, { limit: 10 }))
    await council.settle()
    expect((await council.ask(first.id ?? '')).outcome).toBe('settled')
    expect(await council.shown(council.personOf('P1'))).toEqual(before)
    expect(await serviceOf('P2')).toBeUndefined()
    await send({ ...homeCare, Planned_units_per_week: '14', Event_End_Date: '2025-06-01' })
    await council.settle()
    expect(await serviceOf('P1')).toMatchObject({ status: 'finished' })
  })

  test.each(['is waiting', 'has died'])(
    'that had died takes back nothing of another that has stopped half-way and %s',
    async (fate) => {
      const of = (units: string) => crowd.map((cells) => ({ ...cells, Planned_units_per_week: units }))
      const unitsOf = async (number: string) =>
        /(\d+) units a week/.exec(JSON.stringify(await serviceOf(number)))?.[1]
      await send(...of('7'))
      await council.settle()
      const mistake = await send(...of('14'), { ...homeCare, LA_Person_Unique_Identifier: 'P00' })
      await db().query(`update inbox_message set state = 'dead' where id = $1`, [mistake.id])
      const { id = '' } = await send(...of('7'))
      await stopAfter(1)
      await tryNow(id)
      if (fate === 'has died') await db().query(`update inbox_message set state = 'dead' where id = $1`, [id])
      await goOn()
      await db().transaction((sql) => retryMessages(sql, { id: mistake.id ?? '', limit: 1 }))
      await council.settle()
      await db().transaction((sql) => retryMessages(sql, { limit: 1 }))
      await council.settle()
      expect(await Promise.all(['P0', 'P99', 'P00'].map(unitsOf))).toEqual(['7', '7', undefined])
      expect((await kept())?.contributions).toBe(crowd.length)
    }
  )

  test('waits for those of the same council that came before, whichever is taken up first', async () => {
    const first = await send(homeCare)
    const second = await send({ ...homeCare, ...july, Event_End_Date: '2025-08-01' })
    await council.map(second.id ?? '')
    expect((await kept())?.contributions).toBe(0)
    await council.map(first.id ?? '')
    expect((await council.ask(first.id ?? '')).outcome).toBe('settled')
    await council.settle()
    expect(await serviceOf('P1')).toMatchObject({ status: 'finished' })
  })
})

test('rows are counted however many are left out, and told by their lines up to 10,000', async () => {
  const { report } = await send(
    ...Array.from({ length: 10_003 }, () => homeCare),
    ...Array.from({ length: 10_001 }, (_, at) => ({
      ...homeCare,
      ...july,
      LA_Person_Unique_Identifier: `P${at}`
    })),
    { ...homeCare, LA_Person_Unique_Identifier: 'P2' }
  )
  expect(report?.rows).toMatchObject({ read: 20_005, applied: 1, rejected: 20_004 })
  expect(report?.rejected.map(({ reason, rows, lines }) => [reason, rows, lines.length, lines[0]])).toEqual([
    ['other-period', 10_001, 10_000, 10_005],
    ['too-many-for-one-person', 10_003, 10_000, 2]
  ])
})

describe('of a file that is wrong as a whole nothing is kept, and the answer says what to do:', () => {
  const whole = csvOf([homeCare, { ...homeCare, LA_Person_Unique_Identifier: 'P2' }])
  const many = csvOf(
    Array.from({ length: 20_000 }, (_, at) => ({ ...homeCare, LA_Person_Unique_Identifier: `P${at}` }))
  )
  test.each([
    ['another encoding', Buffer.from(`\uFEFF${whole}`, 'utf16le'), /UTF-16: save it as CSV in UTF-8/],
    [
      'a mix of encodings',
      Buffer.concat([Buffer.from(`${whole}\r\n`), Buffer.from('é é\r\n'), Buffer.from([0xe9, 0x20])]),
      /neither UTF-8 nor Windows-1252/
    ],
    ['gzip that is cut off', gzipSync(many).subarray(0, -2_000), /gzip is damaged, or ends too early/],
    ['a million columns', Buffer.from(`${'x,'.repeat(1_000_000)}y\n`), /too long|column|header/i],
    ['a field of 100 MB', Buffer.from(`${whole}\r\n"${'x'.repeat(100_000_000)}`), /row is too long/],
    ['another header', Buffer.from('name,number\r\na,b'), /LA_Code|column|header/i],
    ['no row', Buffer.from(cldColumns.join(',')), /No row of the file can be taken/],
    ['nothing', Buffer.from(''), /empty|wanted|needed/],
    [
      'a period that has not ended',
      Buffer.from(csvOf([{ ...homeCare, ...quarter('2035-01-01', '2035-03-31') }])),
      /has not ended yet/
    ]
  ])('%s', async (_what, payload, text) => {
    const answer = await council.post(payload)
    expect(answer.text).toMatch(text)
    expect(answer.status).toBe(400)
    expect(await kept()).toEqual(nothing)
  })
})

test('a formula is text, and lands as it stands', async () => {
  const { status } = await send({ ...homeCare, Provider_CQC_Location_Name: '=HYPERLINK("http://x","y")' })
  expect(status).toBe(202)
  await council.settle()
  expect(JSON.stringify(await serviceOf('P1'))).toContain('=HYPERLINK')
})

test('only the council sends its data, and only the council is told what became of it', async () => {
  const { id = '' } = await send(homeCare)
  expect((await council.post(csvOf([homeCare]), '', '99Z')).status).toBe(403)
  expect((await council.ask(id, '99Z')).status).toBe(403)
  expect((await council.ask('00000000-0000-4000-8000-000000000000')).status).toBe(404)
})

describe('whoever objects to being in the record', () => {
  const persons = createPersons(db)
  const numbered = (nhsNumber: string): Cells => ({ ...homeCare, NHS_Number: nhsNumber })
  const saidOf = () =>
    db()
      .query<{ key: string }>(`select person_key as key from submission_person where rows <> '' order by 1`)
      .then((rows) => rows.map(({ key }) => key))

  const object = (nhsNumber: NhsNumber) =>
    db().transaction((sql) => recordObjection(sql, { id: systemIds.newId(), nhsNumber, recordedBy: 'test' }))
  const withdraw = (nhsNumber: NhsNumber) =>
    db().transaction((sql) => withdrawObjection(sql, { nhsNumber, withdrawnBy: 'test' }))
  const other = { ...homeCare, LA_Person_Unique_Identifier: 'P2' }
  async function known(): Promise<NhsNumber> {
    const nhsNumber = persons.next()
    await persons.trace({ asked: nhsNumber })
    await send(numbered(nhsNumber), other)
    await council.settle()
    expect(await saidOf()).toEqual(['la:P1', 'la:P2'])
    return nhsNumber
  }

  test('is forgotten of all submissions at once, and of those to come', async () => {
    const nhsNumber = await known()
    await object(nhsNumber)
    expect(await saidOf()).toEqual(['la:P2'])
    await send(numbered(nhsNumber), { ...other, Planned_units_per_week: '7' })
    await council.settle()
    expect(await saidOf()).toEqual(['la:P2', 'la:P2'])
  })

  test('is told of again by the next submission after the objection is withdrawn', async () => {
    const nhsNumber = await known()
    await object(nhsNumber)
    await send({ ...numbered(nhsNumber), Planned_units_per_week: '14' })
    await council.settle()
    await withdraw(nhsNumber)
    await send({ ...numbered(nhsNumber), ...july, Planned_units_per_week: '14' })
    await council.settle()
    expect(JSON.stringify(await serviceOf('P1'))).toContain('14')
  })

  test('and is not named any more then, has no care that nobody speaks of', async () => {
    const nhsNumber = await known()
    await object(nhsNumber)
    await withdraw(nhsNumber)
    await send({ ...other, ...july })
    await council.settle()
    expect(await serviceOf('P1')).toBeUndefined()
  })
})
