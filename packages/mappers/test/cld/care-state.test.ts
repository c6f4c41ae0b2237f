import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CldRow, type CldStatement, type CldSubmission, careOf, eventKey } from '../../src/index.ts'
import { row } from './reading.ts'

const quarters = [
  { start: '2025-01-01', end: '2025-03-31' },
  { start: '2025-04-01', end: '2025-06-30' },
  { start: '2025-07-01', end: '2025-09-30' },
  // Councils send the year so far as well.
  { start: '2025-04-01', end: '2025-09-30' }
]
const submission = (n: number, sequence = n): CldSubmission => ({
  id: `s${sequence}`,
  period: quarters[n] as CldSubmission['period'],
  sequence
})
const named = (sequence: number, ...rows: CldRow[]): CldStatement => ({ submissionId: `s${sequence}`, rows })

describe('a service', () => {
  test('that the latest submission names is as at the end of its period', () => {
    const [event] = careOf([submission(0), submission(1)], [named(0, row()), named(1, row())])
    expect(event).toMatchObject({ asAt: '2025-06-30' })
    expect(event).not.toHaveProperty('missingAt')
  })

  test('that a later submission does not name has not ended: it is missing, and its end is not known', () => {
    const [event] = careOf([submission(0), submission(1), submission(2)], [named(0, row())])
    expect(event).toMatchObject({ asAt: '2025-03-31', missingAt: '2025-06-30' })
    expect(event?.row.end).toBeUndefined()
  })

  test('that had ended before is not missing', () => {
    const ended = row({ Event_End_Date: '2025-02-01' })
    expect(careOf([submission(0), submission(1)], [named(0, ended)])[0]).not.toHaveProperty('missingAt')
  })

  test('that comes back is missing no more', () => {
    const statements = [named(0, row()), named(2, row())]
    const [event] = careOf([submission(0), submission(1), submission(2)], statements)
    expect(event).toMatchObject({ asAt: '2025-09-30' })
    expect(event).not.toHaveProperty('missingAt')
  })

  test('ends with a death that a later submission tells', () => {
    const review = row({ Event_Type: 'Review', Event_End_Date: '2025-05-01', Date_of_Death: '2025-05-20' })
    const events = careOf([submission(0), submission(1)], [named(0, row()), named(1, review)])
    const service = events.find(({ row: { type } }) => type === 'Service')
    expect(service?.row.end).toBe('2025-05-20')
  })
})

test('a submission that is sent again takes the place of the earlier one for its period', () => {
  const assessment = row({ Event_Type: 'Assessment', Event_End_Date: '2025-02-01' })
  const events = careOf([submission(0), submission(0, 7)], [named(0, row(), assessment), named(7, row())])
  expect(events.map(({ row: { type } }) => type)).toEqual(['Service'])
})

/** The rules in the plainest words there are: day by day and submission by submission, with no index and no sorting of keys. */
function model(submissions: readonly CldSubmission[], statements: readonly CldStatement[]) {
  const counts = submissions.filter(
    (one) =>
      !submissions.some(
        (other) =>
          other.sequence > one.sequence &&
          other.period.start === one.period.start &&
          other.period.end === one.period.end
      )
  )
  const isBefore = (a: CldSubmission, b: CldSubmission) =>
    a.period.end < b.period.end || (a.period.end === b.period.end && a.period.start < b.period.start)
  const rowsOf = (one: CldSubmission) =>
    statements.find(({ submissionId }) => submissionId === one.id)?.rows ?? []
  const all = counts.flatMap((one) => rowsOf(one).map((said) => ({ one, said })))
  const deaths = all.filter(({ said }) => said.deathDate !== undefined)
  const lastDeath = deaths.find(({ one }) => !deaths.some((other) => isBefore(one, other.one)))?.said
    .deathDate
  const state: Record<string, unknown> = {}
  for (const { one, said } of all) {
    const key = eventKey(said)
    if (all.some((other) => isBefore(one, other.one) && eventKey(other.said) === key)) continue
    const isAfter = lastDeath !== undefined && lastDeath < said.start
    const end = lastDeath === undefined || isAfter || (said.end ?? '9999') <= lastDeath ? said.end : lastDeath
    const day = end ?? said.start
    const later = counts.filter((other) => isBefore(one, other))
    const silent = later.filter(({ period }) =>
      said.type === 'Service' ? (end ?? '9999') >= period.start : day >= period.start && day <= period.end
    )
    const first = silent.find((other) => !silent.some((another) => isBefore(another, other)))
    state[key] = { end, asAt: one.period.end, missingAt: first?.period.end }
  }
  return state
}

test('whatever is sent, in whatever order and however often, the state is what the rules say', () => {
  const someRow = fc
    .record({
      Event_Type: fc.constantFrom('Service', 'Assessment', 'Request', 'Review'),
      Event_Start_Date: fc.constantFrom('2024-06-01', '2025-02-10', '2025-05-10'),
      Event_End_Date: fc.constantFrom('', '', '2025-02-20', '2025-05-20', '2025-08-20'),
      Planned_units_per_week: fc.constantFrom('7', '14')
    })
    .map((changes) => ({ ...changes }))
  const sent = fc.record({
    quarter: fc.nat(3),
    rows: fc.uniqueArray(someRow, {
      maxLength: 4,
      selector: (one) => JSON.stringify({ ...one, Planned_units_per_week: '' })
    }),
    // One for the whole file: rows that contradict each other in it are the reader's matter.
    Date_of_Death: fc.constantFrom('', '', '', '2025-05-15', '2025-08-01')
  })
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 7 }), fc.infiniteStream(fc.nat()), (files, shuffle) => {
      const submissions = files.map(({ quarter }, n) => submission(quarter, n))
      const statements = files.map(({ rows, Date_of_Death }, n): CldStatement => {
        const read = rows.map((changes) => row({ ...changes, Date_of_Death, ...orLater(changes) }))
        // A service has one key whatever its end: the last of a file counts, and it is named once here.
        return named(n, ...new Map(read.map((one) => [eventKey(one), one])).values())
      })
      const shuffled = <Value>(values: readonly Value[]) =>
        values
          .map((value) => ({ value, at: shuffle.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ value }) => value)
      const state = Object.fromEntries(
        careOf(shuffled(submissions), shuffled(statements)).map(({ key, row: { end }, asAt, missingAt }) => [
          key,
          { end, asAt, missingAt }
        ])
      )
      expect(state).toEqual(model(submissions, statements))
    }),
    { numRuns: 1_000 }
  )
})

/** An event that ends before it begins is rejected before. */
const orLater = ({
  Event_Start_Date,
  Event_End_Date
}: {
  Event_Start_Date: string
  Event_End_Date: string
}) => (Event_End_Date !== '' && Event_End_Date < Event_Start_Date ? { Event_End_Date: '' } : {})
