import type { Resource } from '@chesil/fhir'
import { type CldEvent, type CldRow, careOf, readCldRow } from '@chesil/mappers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cells, createCouncil, csvOf, homeCare, quarter } from '../support/council.ts'
import { useDatabase } from '../support/store.ts'

/**
 * Whatever a council sends, in whatever order, and whenever that is worked on: what is shown is what the pure rules make
 * of all of it (their own property test is in packages/mappers).
 */
const runs = Number(process.env['RUNS'] ?? 40)

const { database: db } = useDatabase()
const quarters = [
  quarter('2025-01-01', '2025-03-31'),
  quarter('2025-04-01', '2025-06-30'),
  quarter('2025-07-01', '2025-09-30')
]
const events: readonly Cells[] = [
  { Event_Start_Date: '2024-01-15' },
  { Event_Start_Date: '2025-02-01', Service_Component: 'Reablement' },
  { Event_Start_Date: '2024-01-15', Service_Component: 'Equipment' },
  { Event_Type: 'Request', Event_Start_Date: '2025-02-03', Event_End_Date: '2025-02-10' },
  { Event_Type: 'Review', Event_Start_Date: '2025-05-03', Event_End_Date: '2025-05-10' }
]
const blankService: Cells = { Service_Type: '', Service_Component: '' }

const row = fc
  .record({
    person: fc.nat({ max: 2 }),
    event: fc.nat({ max: events.length - 1 }),
    end: fc.option(fc.constantFrom('2025-02-20', '2025-05-20', '2025-08-20')),
    units: fc.option(fc.constantFrom('7', '14')),
    death: fc.option(fc.constant('2025-06-01'), { freq: 8 })
  })
  .map(({ person, event, end, units, death }): Cells => {
    const said = events[event] ?? {}
    return {
      ...homeCare,
      ...(said['Event_Type'] && blankService),
      ...said,
      LA_Person_Unique_Identifier: `P${person}`,
      ...(end !== null && said['Event_End_Date'] === undefined && { Event_End_Date: end }),
      ...(units !== null && { Planned_units_per_week: units }),
      ...(death !== null && { Date_of_Death: death })
    }
  })
/** One file is short, so that it is sent again after others. */
const rows: fc.Arbitrary<readonly Cells[]> = fc.oneof(
  { weight: 3, arbitrary: fc.array(row, { minLength: 1, maxLength: 5 }) },
  { weight: 1, arbitrary: fc.constant([{ ...homeCare, LA_Person_Unique_Identifier: 'P0' }]) }
)
const submission = fc.record({
  period: fc.nat({ max: quarters.length - 1 }),
  rows,
  isSettledNow: fc.boolean(),
  isSentTwice: fc.boolean()
})

type Sent = readonly { readonly period: Cells; readonly rows: readonly Cells[] }[]

/** What the rules make of all that was sent. */
function expectedCare(sent: Sent, number: string): readonly string[] {
  const submissions = sent.map(({ period }, sequence) => ({
    id: String(sequence),
    period: {
      start: period['Reporting_Period_Start_Date'] ?? '',
      end: period['Reporting_Period_End_Date'] ?? ''
    },
    sequence
  }))
  const statements = sent.map(({ rows }, at) => ({
    submissionId: String(at),
    rows: rows.filter((cells) => cells['LA_Person_Unique_Identifier'] === number).map(read)
  }))
  return careOf(submissions, statements).map(wordsOf).sort()
}

function read(cells: Cells): CldRow {
  const reading = readCldRow((column) => cells[column] ?? '')
  if (reading.outcome !== 'row') throw new Error(`A row of the test is rejected: ${reading.reason}`)
  return reading.row
}

const wordsOf = ({ row, asAt, missingAt }: CldEvent): string =>
  [row.type, row.values.Service_Component, asAt, missingAt ?? 'named'].join(' ')

/** The same, told from what is shown. */
function shownCare(shown: readonly Resource[]): readonly string[] {
  return shown
    .flatMap((one) => {
      if (!['EpisodeOfCare', 'Device', 'ServiceRequest', 'Task'].includes(one.resourceType)) return []
      const text = JSON.stringify(one)
      const type = { EpisodeOfCare: 'Service', Device: 'Service', ServiceRequest: 'Request', Task: 'Review' }[
        one.resourceType as 'Task'
      ]
      const component =
        type === 'Service' ? /"text":"(Reablement|Equipment|Home support[^"]*)"/.exec(text)?.[1] : ''
      const asAt = /as-at","valueDate":"([\d-]+)"/.exec(text)?.[1]
      const missing = /submissionTo","valueDate":"([\d-]+)"/.exec(text)?.[1]
      return [[type, component, asAt, missing ?? 'named'].join(' ')]
    })
    .sort()
}

type Told = typeof submission extends fc.Arbitrary<infer One> ? One : never
type Council = ReturnType<typeof createCouncil>

/** @returns what of it counts: a file that stands for its period already changes nothing. */
async function tell(council: Council, told: readonly Told[]): Promise<Sent> {
  const sent: Sent[number][] = []
  const standing = new Map<number, string>()
  for (const { period, rows, isSettledNow, isSentTwice } of told) {
    const own = quarters[period] ?? {}
    const said = rows.map((cells) => ({ ...cells, ...own }))
    const text = csvOf(said)
    expect((await council.post(text)).outcome).toBe(standing.get(period) === text ? 'again' : 'new')
    if (standing.get(period) !== text) sent.push({ period: own, rows: said })
    standing.set(period, text)
    if (isSentTwice) expect((await council.post(text)).outcome).toBe('again')
    if (isSettledNow) await council.settle()
  }
  await council.settle()
  return sent
}

let councils = 100

test(`${runs} sequences of submissions lead to what the rules say of them`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(submission, { minLength: 1, maxLength: 6 }), async (told) => {
      const council = createCouncil(db, { id: `council-${++councils}`, odsCode: `L${councils}` })
      const sent = await tell(council, told)
      for (const number of ['P0', 'P1', 'P2'])
        expect(shownCare(await council.shown(council.personOf(number)))).toEqual(expectedCare(sent, number))
    }),
    { numRuns: runs }
  )
}, 600_000)
