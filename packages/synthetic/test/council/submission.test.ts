import { constantFrom, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CouncilColumn,
  type CouncilRow,
  councilColumns,
  councilStoryNames,
  councilSubmission,
  writeCldCsv
} from '../../src/index.ts'
import { holds } from '../holds.ts'
import { council, isoDate, people, quarter, rowsOf } from './submissions.ts'

const few = people.slice(0, 150)
const bytesOf = (seed: string) =>
  [
    ...writeCldCsv(councilSubmission({ seed, people: few, council, period: quarter(2026, 3), release: 1 }), {
      release: 1
    })
  ].join('')

const month = (index: number) => {
  const [year, number] = [2025 + Math.floor(index / 12), (index % 12) + 1]
  const start = `${year}-${String(number).padStart(2, '0')}-01`
  return { start, end: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) }
}

const key = ({ personKey, eventId, cells }: CouncilRow) =>
  `${personKey} ${eventId} ${cells.Event_Description}`

/** What a receiver tells events apart by, but for the end, which a service can have later. */
const identity = ({ cells }: CouncilRow) =>
  (
    [
      'LA_Code',
      'NHS_Number',
      'LA_Person_Unique_Identifier',
      'Date_of_Birth',
      'Client_Type',
      'Event_Type',
      'Event_Start_Date',
      'Request_Route_of_Access',
      'Assessment_Type',
      'Service_Type',
      'Service_Component'
    ] as const satisfies readonly CouncilColumn[]
  ).map((column) => isoDate(cells[column]))

/** A service that is not over yet, or anything that was over in the period. */
function isOf({ cells }: CouncilRow, period: ReturnType<typeof quarter>): boolean {
  const [start, end] = [isoDate(cells.Event_Start_Date), isoDate(cells.Event_End_Date)]
  if (start > period.end) return false
  if (end === '') return cells.Event_Type === 'Service'
  return end >= start && end >= period.start && (end <= period.end || cells.Event_Type === 'Service')
}

describe('a submission', () => {
  test('is the same to the byte for the same seed, and tells of other care for another', () => {
    expect(bytesOf('one')).toBe(bytesOf('one'))
    expect(bytesOf('one')).not.toBe(bytesOf('two'))
  })

  test('has every column in every row', () => {
    const columns = [...councilColumns]
    expect(
      rowsOf({ people: few }).filter(({ cells }) => String(Object.keys(cells)) !== String(columns))
    ).toEqual([])
    expect(councilColumns).toHaveLength(48)
  })

  test('tells each story of enough people', () => {
    const rows = rowsOf()
    const tellers = councilStoryNames.map((name) => ({
      name,
      people: new Set(rows.filter(({ story }) => story === name).map(({ personKey }) => personKey)).size
    }))
    expect(tellers.filter((teller) => teller.people < 10)).toEqual([])
  })

  test('tells each story once at least, also of few people', () => {
    const told = new Set(rowsOf({ people: people.slice(0, 40) }).map(({ story }) => story))
    const untold = councilStoryNames.filter((name) => !told.has(name))
    expect(untold.filter((name) => name !== 'residential-until-death')).toEqual([])
  })

  test('says nothing of children, and the same of a person whoever follows', () => {
    const births = rowsOf().map(({ cells }) => isoDate(cells.Date_of_Birth))
    expect(births.filter((birth) => birth >= '2008-01-01')).toEqual([])
    const first = rowsOf({ people: few })
    expect(rowsOf().slice(0, first.length)).toEqual(first)
  })

  test('needs a period that ends after it starts', () => {
    expect(() => rowsOf({ period: { start: '2026-02-01', end: '2026-01-01' } })).toThrow(RangeError)
  })
})

describe('periods', () => {
  test('that follow each other tell of the same events by the same columns', () => {
    holds(
      property(constantFrom('a', 'b', 'c'), integer({ min: 0, max: 22 }), (seed, index) => {
        const [one, next] = [index, index + 1].map((at) => rowsOf({ seed, people: few, period: month(at) }))
        const before = new Map(one?.map((row) => [key(row), row]))
        const both = next?.filter((row) => before.has(key(row))) ?? []
        expect(both.length).toBeGreaterThan(100)
        const others = both.filter((row) => {
          const other = before.get(key(row))
          // Written in a way that is no date, it is another text.
          return (
            row.expectation.effect !== 'rejected' &&
            String(other && identity(other)) !== String(identity(row))
          )
        })
        expect(others).toEqual([])
      }),
      { numRuns: 25 }
    )
  })

  test('hold what is over in them, and services that go on', () => {
    holds(
      property(integer({ min: 0, max: 23 }), (index) => {
        const period = month(index)
        const rows = rowsOf({ people: few, period }).filter(({ expectation }) => expectation.event)
        const strays = rows.filter((row) => !isOf(row, period))
        expect(strays).toEqual([])
      }),
      { numRuns: 24 }
    )
  })

  test('have no two events of a person that are alike, but for two staff of one service', () => {
    const rows = rowsOf().filter(({ story, expectation }) => story !== 'double-up' && expectation.event)
    const keys = rows.map((row) => {
      const { cells } = row
      const end = cells.Event_Type === 'Service' ? '' : isoDate(cells.Event_End_Date)
      return `${row.personKey} ${identity(row)} ${end}`
    })
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('differ: something ends, something begins', () => {
    const [one, next] = [quarter(2026, 2), quarter(2026, 3)].map(
      (period) => new Set(rowsOf({ people: few, period }).map(key))
    )
    expect([...(one ?? [])].filter((name) => !next?.has(name)).length).toBeGreaterThan(50)
    expect([...(next ?? [])].filter((name) => !one?.has(name)).length).toBeGreaterThan(50)
  })
})

describe('the releases', () => {
  const [one, two] = ([1, 2] as const).map((release) => rowsOf({ people: few, release }))

  test.each([
    { column: 'Client_Type', first: 'Carer', second: 'Unpaid carer' },
    { column: 'Service_Type', first: 'Short Term Support: ST-Max', second: 'Short term support: ST-Max' },
    { column: 'Service_Component', first: 'Home Support', second: 'Home support or domiciliary care' },
    {
      column: 'Event_Outcome',
      first: 'Progress to Assessment',
      second: 'Progress to assessment, review or reassessment'
    },
    { column: 'Delivery_Mechanism', first: 'Direct Payment', second: 'Direct payment' }
  ] as const)('word $column each in its way', ({ column, first, second }) => {
    const values = (rows: readonly CouncilRow[] | undefined) => rows?.map(({ cells }) => cells[column])
    expect(values(one)).toContain(first)
    expect(values(one)).not.toContain(second)
    expect(values(two)).toContain(second)
    expect(values(two)).not.toContain(first)
  })

  test('tell of the same events on the same days', () => {
    const told = (rows: readonly CouncilRow[] | undefined) =>
      rows?.map((row) => [key(row), isoDate(row.cells.Event_Start_Date), row.expectation])
    expect(told(one)).toEqual(told(two))
  })

  test('write dates in their own form, and a few rows in the other', () => {
    const count = (rows: readonly CouncilRow[] | undefined, form: RegExp) =>
      rows?.filter(({ cells }) => form.test(cells.Date_of_Birth)).length ?? 0
    const [slashes, hyphens] = [/^\d{2}\/\d{2}\/\d{4}$/, /^\d{4}-\d{2}-\d{2}$/]
    for (const [rows, own, other] of [
      [one, slashes, hyphens],
      [two, hyphens, slashes]
    ] as const) {
      expect(count(rows, own)).toBeGreaterThan(20 * count(rows, other))
      expect(count(rows, other)).toBeGreaterThan(3)
      expect(count(rows, own) + count(rows, other)).toBe(rows?.length)
    }
  })
})
