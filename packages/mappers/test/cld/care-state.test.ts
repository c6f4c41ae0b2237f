import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CldColumn,
  type CldRow,
  type CldStatement,
  type CldSubmission,
  careOf,
  effectOf
} from '../../src/index.ts'
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

  test('is one event with all that its rows say of it, each once', () => {
    const visits = ['Mornings', 'Evenings', 'Mornings'].map((Event_Description, n) =>
      row({ Event_Description, Event_Reference: `E${n}` })
    )
    const [event, ...others] = careOf([submission(0)], [named(0, ...visits)])
    expect(others).toEqual([])
    expect(event?.rows.map(({ values }) => values.Event_Description)).toEqual(['Mornings', 'Evenings'])
  })
})

describe('a death', () => {
  const review = { Event_Type: 'Review', Event_Start_Date: '2025-04-20', Event_End_Date: '2025-05-01' }
  const dead = row({ ...review, Date_of_Death: '2025-05-20' })
  const serviceIn = (...statements: CldStatement[]) =>
    careOf([submission(0), submission(1), submission(2)], statements).find(
      ({ row: { type } }) => type === 'Service'
    )

  test('that a later submission tells ends a service', () => {
    expect(serviceIn(named(0, row()), named(1, dead))?.row.end).toBe('2025-05-20')
  })

  test('that the latest submission does not know any more is taken back', () => {
    expect(serviceIn(named(0, row()), named(1, dead), named(2, row(review)))?.row).not.toHaveProperty('end')
    const told = row({ Date_of_Death: '2025-02-01' })
    expect(serviceIn(named(0, told), named(1, row(review)))?.row).not.toHaveProperty('end')
  })

  test('stands while later submissions are silent of the person', () => {
    expect(serviceIn(named(0, row()), named(1, dead))?.row.end).toBe('2025-05-20')
  })

  test('leaves an end that came before it', () => {
    const ended = row({ Event_End_Date: '2025-04-30' })
    expect(serviceIn(named(0, ended), named(1, dead))?.row.end).toBe('2025-04-30')
  })

  test('told by another row than that of what began after it makes that doubtful, and no end of it', () => {
    const after = row({ Event_Start_Date: '2025-06-01' })
    const service = serviceIn(named(1, after, dead))
    expect(service?.row).not.toHaveProperty('end')
    expect(service?.row.doubts).toEqual([{ column: 'Event_Start_Date', kind: 'after-death' }])
  })

  test('that is taken back takes the doubt with it', () => {
    const after = row({ Event_Start_Date: '2025-02-01', Date_of_Death: '2025-01-20' })
    expect(serviceIn(named(0, after))?.row.doubts).toHaveLength(1)
    expect(serviceIn(named(0, after), named(1, row(review)))?.row.doubts).toEqual([])
  })
})

describe('of submissions to one day', () => {
  const [july, sinceApril] = [submission(2, 5), submission(3, 6)]

  test('the one that was sent last has the word', () => {
    const statements = [
      named(5, row({ Planned_units_per_week: '7' })),
      named(6, row({ Planned_units_per_week: '9' }))
    ]
    expect(careOf([july, sinceApril], statements)[0]?.row.values.Planned_units_per_week).toBe('9')
    const swapped = [submission(2, 6), submission(3, 5)]
    expect(careOf(swapped, statements)[0]?.row.values.Planned_units_per_week).toBe('9')
  })

  test('one that is silent is told of, and a later day before it', () => {
    const statements = [named(5, row())]
    expect(careOf([july, sinceApril], statements)[0]).toMatchObject({
      asAt: '2025-09-30',
      missingAt: '2025-09-30'
    })
    const december = { id: 's9', period: { start: '2025-10-01', end: '2025-12-31' }, sequence: 9 }
    expect(careOf([july, sinceApril, december], statements)[0]).toMatchObject({ missingAt: '2025-12-31' })
  })
})

test('a submission that is sent again takes the place of the earlier one for its period', () => {
  const assessment = row({ Event_Type: 'Assessment', Event_End_Date: '2025-02-01' })
  const events = careOf([submission(0), submission(0, 7)], [named(0, row(), assessment), named(7, row())])
  expect(events.map(({ row: { type } }) => type)).toEqual(['Service'])
})

describe('what a submission does', () => {
  const [hoist, bed] = ['Hoist', 'Bed'].map((Event_Description) => row({ Event_Description }))
  const two = [hoist, bed] as [CldRow, CldRow]

  test('rows of one event that differ count each; only one that says the same again is repeated', () => {
    const again = row({ Event_Description: 'Bed', Event_Reference: 'E7' })
    expect(effectOf([submission(0)], [named(0, ...two, again)], 's0')).toEqual({
      applied: 2,
      unchanged: 0,
      superseded: 0,
      repeated: 1,
      notNamed: 0
    })
  })

  test('rows that say what was known change nothing, and one that is new is news alone', () => {
    const both = [submission(0), submission(1)]
    expect(effectOf(both, [named(0, ...two), named(1, ...two)], 's1')).toMatchObject({
      applied: 0,
      unchanged: 2
    })
    expect(effectOf(both, [named(0, two[0]), named(1, ...two)], 's1')).toMatchObject({
      applied: 1,
      unchanged: 1
    })
  })

  test('where one of the rows is gone the event is another', () => {
    const both = [submission(0), submission(1)]
    expect(effectOf(both, [named(0, ...two), named(1, two[0])], 's1')).toMatchObject({
      applied: 1,
      unchanged: 0
    })
  })

  test('a later period has the word', () => {
    const both = [submission(0), submission(1)]
    expect(effectOf(both, [named(0, ...two), named(1, ...two)], 's0')).toMatchObject({
      applied: 0,
      superseded: 2
    })
  })
})

/** A value as each release words it: what it means is its place. */
type Words = readonly (readonly [first: string, second: string])[]
const clients: Words = [
  ['Service User', 'Service user'],
  ['Carer', 'Unpaid carer']
]
const routes: Words = [
  ['Community / Other route', 'Community or other route'],
  ['Planned Entry (Transition)', 'Planned entry (transition)']
]
const assessments: Words = [
  ['Carers Assessment', 'Unpaid carer assessment'],
  ['Long Term Assessment', 'Long term assessment']
]
const serviceTypes: Words = [
  ['Long Term Support: Community', 'Long term support: Community'],
  ['Short Term Support: ST-Max', 'Short term support: ST-Max']
]
const components: Words = [
  ['Home Support', 'Home support or domiciliary care'],
  ['Equipment', 'Equipment']
]
const types = ['Service', 'Request', 'Assessment', 'Review'] as const

/** A row as it is meant, whichever release it is written in. */
interface Meant {
  readonly type: (typeof types)[number]
  readonly start: string
  readonly end: string
  readonly client: number
  readonly route: number
  readonly assessment: number
  readonly serviceType: number
  readonly component: number
  readonly units: string
  readonly provider: string
  readonly reference: string
}

interface SentFile {
  readonly quarter: number
  readonly release: 0 | 1
  readonly rows: readonly Meant[]
  readonly death: string
}

const meant: fc.Arbitrary<Meant> = fc
  .record({
    type: fc.constantFrom(...types),
    start: fc.constantFrom('2024-06-01', '2025-02-10', '2025-05-10'),
    end: fc.constantFrom('', '', '2025-02-20', '2025-05-20', '2025-08-20'),
    client: fc.nat(1),
    route: fc.nat(1),
    assessment: fc.nat(1),
    serviceType: fc.nat(1),
    component: fc.nat(1),
    units: fc.constantFrom('7', '14'),
    provider: fc.constantFrom('', 'Shingle Care'),
    reference: fc.constantFrom('E1', 'E2')
  })
  // An event that ends before it begins is rejected before.
  .map((one) => (one.end !== '' && one.end < one.start ? { ...one, end: '' } : one))

const sentFile: fc.Arbitrary<SentFile> = fc.record({
  quarter: fc.nat(3),
  release: fc.constantFrom(0, 1),
  rows: fc.array(meant, { maxLength: 4 }),
  // One for the whole file: rows that contradict each other in it are another matter.
  death: fc.constantFrom('', '', '', '2025-05-15', '2025-08-01')
})

function written(one: Meant, { release, death }: SentFile): CldRow {
  const cells: Partial<Record<CldColumn, string>> = {
    Event_Type: one.type,
    Event_Start_Date: one.start,
    Event_End_Date: one.end,
    Client_Type: clients[one.client]?.[release] ?? '',
    Request_Route_of_Access: routes[one.route]?.[release] ?? '',
    Assessment_Type: assessments[one.assessment]?.[release] ?? '',
    Service_Type: serviceTypes[one.serviceType]?.[release] ?? '',
    Service_Component: components[one.component]?.[release] ?? '',
    Planned_units_per_week: one.units,
    Provider_CQC_Location_Name: one.provider,
    Event_Reference: one.reference,
    Date_of_Death: death
  }
  return row(cells)
}

const nameOf = ({ type, start, client, ...one }: Meant): string => {
  const kind = {
    Service: [one.serviceType, one.component],
    Request: [one.route],
    Assessment: [one.assessment],
    Review: []
  }[type]
  return [type, start, client, ...kind].join(' · ')
}

/** §6.2: what makes an event the same event, of whatever release. */
const tupleOf = (one: Meant): string => (one.type === 'Service' ? nameOf(one) : `${nameOf(one)} · ${one.end}`)

const saidOf = (one: Meant): string =>
  [one.end, one.route, one.assessment, one.serviceType, one.component, one.units, one.provider].join(' · ')

/** The rules in the plainest words there are, from what was meant: no row is read, no key is made, nothing is sorted. */
function model(files: readonly SentFile[]): readonly string[] {
  const sent = files.map((file, sequence) => ({
    ...file,
    sequence,
    period: quarters[file.quarter] ?? quarters[0]
  }))
  type Sent = (typeof sent)[number]
  const counts = sent.filter(
    (one) => !sent.some((other) => other.sequence > one.sequence && other.quarter === one.quarter)
  )
  const end = ({ period }: Sent) => period?.end ?? ''
  const isLater = (a: Sent, b: Sent) => end(a) > end(b) || (end(a) === end(b) && a.sequence > b.sequence)
  const naming = counts.filter(({ rows }) => rows.length > 0)
  const death = naming.find((one) => !naming.some((other) => isLater(other, one)))?.death ?? ''
  const states: string[] = []
  for (const tuple of new Set(counts.flatMap(({ rows }) => rows.map(tupleOf)))) {
    const tellers = counts.filter(({ rows }) => rows.some((one) => tupleOf(one) === tuple))
    const last = tellers.find((one) => !tellers.some((other) => isLater(other, one)))
    if (!last) continue
    const rows = last.rows.filter((one) => tupleOf(one) === tuple)
    const each = rows.filter((one, at) => !rows.slice(0, at).some((other) => saidOf(other) === saidOf(one)))
    const told = each.map((one) => {
      const isAfter = death !== '' && one.start > death
      const isCut = death !== '' && !isAfter && (one.end === '' || one.end > death)
      return { ...one, isAfter, end: isCut ? death : one.end }
    })
    const silent = counts.filter(
      (other) =>
        isLater(other, last) &&
        told.some((one) => {
          const start = other.period?.start ?? ''
          if (one.type === 'Service') return one.end === '' || one.end >= start
          const day = one.end === '' ? one.start : one.end
          return day >= start && day <= end(other)
        })
    )
    const after = silent.filter((one) => end(one) > end(last))
    const missing = (after.length > 0 ? after : silent).map(end)
    const [first = ''] = missing.filter((day) => !missing.some((other) => other < day))
    const contents = told.map((one) => `${one.end} ${one.units} ${one.provider} ${one.isAfter}`)
    states.push(`${told[0] && nameOf(told[0])} | ${contents.sort().join(', ')} | ${end(last)} | ${first}`)
  }
  return states.sort()
}

const placeOf = (words: Words, value = ''): number => words.findIndex(([, second]) => second === value)

/** What is held, in the model's words. */
function held({ row: one, rows, asAt, missingAt = '' }: ReturnType<typeof careOf>[number]): string {
  const { type, start, values } = one
  const tuple = {
    Service: [placeOf(serviceTypes, values.Service_Type), placeOf(components, values.Service_Component)],
    Request: [placeOf(routes, values.Request_Route_of_Access)],
    Assessment: [placeOf(assessments, values.Assessment_Type)],
    Review: []
  }[type]
  const contents = rows.map(
    ({ end = '', values: said, doubts }) =>
      `${end} ${said.Planned_units_per_week} ${said.Provider_CQC_Location_Name ?? ''} ${doubts.some(({ kind }) => kind === 'after-death')}`
  )
  const name = [type, start, placeOf(clients, values.Client_Type), ...tuple].join(' · ')
  return `${name} | ${contents.sort().join(', ')} | ${asAt} | ${missingAt}`
}

test('whatever is sent, in whatever order and however often, the state is what the rules say', () => {
  fc.assert(
    fc.property(fc.array(sentFile, { maxLength: 6 }), fc.infiniteStream(fc.nat()), (files, shuffle) => {
      const submissions = files.map(({ quarter }, n) => submission(quarter, n))
      const statements = files.map((file, n) => named(n, ...file.rows.map((one) => written(one, file))))
      const shuffled = <Value>(values: readonly Value[]) =>
        values
          .map((value) => ({ value, at: shuffle.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ value }) => value)
      const state = careOf(shuffled(submissions), shuffled(statements)).map(held).sort()
      expect(state).toEqual(model(files))
    }),
    { numRuns: 2_000 }
  )
})
