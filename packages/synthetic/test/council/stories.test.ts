import { findNhsNumber } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { type CouncilRow, councilNumberOf, expectedCare } from '../../src/index.ts'
import { council, isoDate, people, quarter, rowsOf } from './submissions.ts'

const [second, third, fourth] = [2, 3, 4].map((number) => ({
  period: quarter(2026, number as 2 | 3 | 4),
  rows: rowsOf({ period: quarter(2026, number as 2 | 3 | 4) })
})) as [Telling, Telling, Telling]
interface Telling {
  readonly period: ReturnType<typeof quarter>
  readonly rows: readonly CouncilRow[]
}

const told = (name: string, { rows }: Telling = third) => rows.filter(({ story }) => story === name)
const held = (...tellings: readonly Telling[]) => {
  const care = [...expectedCare(tellings).values()].flat()
  return (name: string) => care.filter(({ eventId }) => eventId.startsWith(`${name}/`))
}
const numbers = (rows: readonly CouncilRow[]) =>
  new Set(rows.map(({ cells }) => cells.LA_Person_Unique_Identifier))

describe('from one quarter to the next', () => {
  const care = held(second, third)

  test('a cropped service is not named again, and nobody said that it ended', () => {
    const cropped = care('cropped').filter(({ asAt }) => asAt === second.period.end)
    expect(cropped.length).toBeGreaterThan(10)
    expect(new Set(cropped.map(({ missingAt, end }) => `${missingAt} ${end}`))).toEqual(
      new Set([`${third.period.end} undefined`])
    )
    expect(told('cropped').every(({ expectation }) => expectation.later === 'missing')).toBe(true)
  })

  test('a reappearing one is missing, and is there again in the one after', () => {
    const missing = care('reappearing').filter(({ missingAt }) => missingAt === third.period.end)
    expect(missing.length).toBeGreaterThan(5)
    const later = new Set(told('reappearing', fourth).map(({ personKey }) => personKey))
    expect(missing.filter(({ personKey }) => !later.has(personKey))).toEqual([])
    const again = held(second, third, fourth)('reappearing').filter(({ personKey }) => later.has(personKey))
    expect(again.filter(({ missingAt }) => missingAt !== undefined)).toEqual([])
  })

  test('another number of units is planned of the same service', () => {
    const units = (telling: Telling) =>
      new Map(
        told('corrected-units', telling).map(({ personKey, cells }) => [
          personKey,
          cells.Planned_units_per_week
        ])
      )
    const before = units(second)
    const changed = [...units(third)].filter(([personKey, value]) => before.get(personKey) !== value)
    expect(changed.length).toBe(before.size)
    expect(care('corrected-units').filter(({ missingAt }) => missingAt)).toEqual([])
  })

  test('a service that had ended went on after all', () => {
    const ends = (telling: Telling) =>
      new Map(
        told('corrected-end', telling).map((row) => [
          `${row.personKey} ${row.eventId}`,
          row.expectation.event?.end
        ])
      )
    const before = ends(second)
    const moved = [...ends(third)].filter(
      ([name, end]) => before.has(name) && (end ?? '') > (before.get(name) ?? '')
    )
    expect(moved.length).toBeGreaterThan(10)
  })

  test('a home goes on, whatever else changes', () => {
    const homes = care('residential-care')
    expect(homes.length).toBeGreaterThan(20)
    expect(homes.filter(({ asAt, end, missingAt }) => asAt !== third.period.end || end || missingAt)).toEqual(
      []
    )
  })
})

describe('a second submission of the same period', () => {
  const again = { ...third, sending: 2, rows: rowsOf({ period: third.period, sending: 2 }) }

  test('has the service that the first lacks, and the assessment right', () => {
    const both = told('resent', again).filter(({ eventId }) => eventId.includes('2026Q3'))
    const first = told('resent').filter(({ eventId }) => eventId.includes('2026Q3'))
    expect(both.length).toBe(2 * first.length)
    expect(first.every(({ expectation }) => expectation.later === 'corrected')).toBe(true)
    expect(first.map(({ cells }) => cells.Event_Outcome)).toContain('NFA: Support declined')
    expect(both.map(({ cells }) => cells.Event_Outcome)).not.toContain('NFA: Support declined')
  })

  test('counts alone, in whatever order the two came', () => {
    expect(held(again, third)('resent')).toEqual(held(again)('resent'))
    expect(held(third, again)('resent')).toEqual(held(again)('resent'))
  })
})

describe('death', () => {
  const dead = [second, third, fourth]
    .flatMap((telling) => told('residential-until-death', telling))
    .filter(({ cells }) => cells.Date_of_Death !== '')

  test('ends what a receiver holds, whatever end the row says', () => {
    expect(
      dead.filter(({ cells, expectation }) => expectation.event?.end !== isoDate(cells.Date_of_Death))
    ).toEqual([])
    const ends = new Set(
      dead.map(({ cells }) => {
        const [end, death] = [isoDate(cells.Event_End_Date), isoDate(cells.Date_of_Death)]
        return end === '' ? 'none' : end > death ? 'after' : 'same'
      })
    )
    expect(ends).toEqual(new Set(['none', 'after', 'same']))
  })

  test('is not known before it comes, and nothing begins after it', () => {
    const rows = [...second.rows, ...third.rows, ...fourth.rows]
    const deaths = new Map(people.map(({ nhsNumber, deathDate }) => [nhsNumber as string, deathDate]))
    for (const { cells, personKey } of rows) {
      const death = deaths.get(personKey ?? '')
      const said = isoDate(cells.Date_of_Death)
      expect(said === '' || said === death).toBe(true)
      expect(said <= isoDate(cells.Reporting_Period_End_Date)).toBe(true)
      if (death && cells.Event_Start_Date !== '') expect(isoDate(cells.Event_Start_Date) <= death).toBe(true)
    }
  })

  test('is told of the one of the demo who died', () => {
    const one = people.find(({ kind }) => kind === 'deceased')
    const rows = rowsOf({ period: quarter(2025, 1) }).filter(({ personKey }) => personKey === one?.nhsNumber)
    expect(rows.map(({ story }) => story)).toEqual(['residential-until-death'])
    expect(rows[0]?.expectation.event?.end).toBe('2025-03-14')
  })
})

describe('who it is', () => {
  test('a carer names two others by the numbers that the council has for them', () => {
    const known = new Set(people.map(({ nhsNumber }) => councilNumberOf(nhsNumber, council.laCode)))
    expect(known.size).toBe(people.length)
    for (const { cells } of told('carer')) {
      const linked = [cells.Adult_1_Linked_Person_ID, cells.Adult_2_Linked_Person_ID]
      expect(linked.every((number) => known.has(number))).toBe(true)
      expect(new Set([...linked, cells.LA_Person_Unique_Identifier]).size).toBe(3)
      expect(cells.No_of_adults_being_cared_for).toBe('2')
    }
  })

  test('without an NHS number, or with a wrong one, a person is known by the number of the council', () => {
    const [without, wrong] = ['without-nhs-number', 'wrong-nhs-number'].map((name) => {
      const whom = numbers(told(name))
      return third.rows.filter(({ cells }) => whom.has(cells.LA_Person_Unique_Identifier))
    })
    expect(without?.every(({ cells }) => cells.NHS_Number === '')).toBe(true)
    expect(
      wrong?.every(({ cells }) => /^\d{10}$/.test(cells.NHS_Number) && !findNhsNumber(cells.NHS_Number))
    ).toBe(true)
    expect(wrong?.every(({ expectation }) => expectation.doubts?.includes('NHS_Number'))).toBe(true)
    for (const { personKey, cells } of [...(without ?? []), ...(wrong ?? [])])
      expect(personKey).toBe(`999_${cells.LA_Person_Unique_Identifier}`)
  })

  test('one row of a person says nothing of whose it is; the others do', () => {
    const rejected = told('row-without-person').filter(({ personKey }) => personKey === undefined)
    expect(rejected.length * 2).toBe(told('row-without-person').length)
    expect(rejected.every(({ expectation }) => expectation.reason === 'no-person')).toBe(true)
  })

  test('who was given another number is known by the former one', () => {
    const superseded = people.find(({ kind }) => kind === 'superseded')
    const rows = third.rows.filter(({ personKey }) => personKey === superseded?.nhsNumber)
    for (const { cells } of rows) expect(cells.NHS_Number).toBe(superseded?.formerNhsNumbers[0])
  })
})

describe('what cannot be', () => {
  const rows = told('invalid-values')

  test.each([
    { event: 'component', column: 'Service_Component', value: /owl/, effect: 'doubted' },
    { event: 'units', column: 'Planned_units_per_week', value: /^-3$/, effect: 'doubted' },
    { event: 'day', column: 'Event_Start_Date', value: /^31\/02\/2026$/, effect: 'rejected' }
  ] as const)('of the $event is $effect', ({ event, column, value, effect }) => {
    const found = rows.filter(({ eventId }) => eventId.endsWith(event))
    expect(found.length).toBeGreaterThan(10)
    for (const { cells, expectation } of found) {
      expect(cells[column]).toMatch(value)
      expect(expectation.effect).toBe(effect)
    }
  })
})

describe('what stands in a column', () => {
  test.each([
    { story: 'direct-payment', column: 'Delivery_Mechanism', value: 'Direct payment' },
    { story: 'reablement', column: 'Service_Type', value: 'Short term support: ST-Max' },
    { story: 'prison', column: 'Service_Type', value: 'Long term support: Prison' },
    {
      story: 'asylum-seeker',
      column: 'Primary_Support_Reason',
      value: 'Social support: Asylum seeker support'
    },
    {
      story: 'substance-misuse',
      column: 'Primary_Support_Reason',
      value: 'Social support: Substance misuse support'
    },
    { story: 'autism', column: 'Autism_Spectrum_Disorder_ASD', value: 'Yes' },
    { story: 'visual-impairment', column: 'Visual_Impairment', value: 'Blind/severely sight impaired' },
    { story: 'hearing-impairment', column: 'Hearing_Impairment', value: 'Deaf with speech' },
    { story: 'dementia', column: 'Dementia', value: 'Yes' },
    { story: 'equipment', column: 'Service_Component', value: 'Equipment' },
    { story: 'pathway', column: 'Request_Route_of_Access', value: 'Community or other route' },
    { story: 'pathway', column: 'Assessment_Type', value: 'Long term assessment' },
    { story: 'pathway', column: 'Review_Reason', value: 'Unplanned: Other reason' },
    { story: 'steady-home-care', column: 'Review_Reason', value: 'Planned' },
    { story: 'carer', column: 'Assessment_Type', value: 'Unpaid carer assessment' }
  ] as const)('$story has $value', ({ story, column, value }) => {
    expect(told(story).filter(({ cells }) => cells[column] === value).length).toBeGreaterThan(5)
  })

  test('the planned end of reablement is said before it comes', () => {
    const ahead = told('reablement').filter(({ cells }) => isoDate(cells.Event_End_Date) > third.period.end)
    expect(ahead.length).toBeGreaterThan(0)
  })

  test('costs are filled in for every service that is one', () => {
    const services = third.rows.filter(({ cells }) => cells.Event_Type === 'Service')
    expect(services.filter(({ cells }) => cells.Unit_Cost === '')).toEqual([])
  })
})
