import { findNhsNumber } from '@chesil/fhir'
import type { Person } from '../people.ts'
import { createRandom } from '../random.ts'
import { asSeen, type SeenEvent } from './as-seen.ts'
import type { RowExpectation } from './care-event.ts'
import { adultsBornBefore, type Council, createCaseFile, type Extract } from './case-file.ts'
import { blankCells, type CouncilCells, type SomeCells } from './columns.ts'
import { councilNumberOf, personCells } from './person-cells.ts'
import { inRelease, type Release, writtenDate } from './release.ts'
import { everydayStories, lastStory, particularStories } from './stories/index.ts'
import type { Story } from './stories/story.ts'

export interface SubmissionOptions {
  /** Another seed tells of other care, of the same people under the same numbers. */
  readonly seed: string
  /** Always the same ones in the same order, or stories change hands; more can follow. Read once, one by one. */
  readonly people: Iterable<Person>
  readonly council: Council
  /** ISO dates, e.g. a month or a quarter; both days are in it. */
  readonly period: { readonly start: string; readonly end: string }
  readonly release: Release
  /** 2 for a submission that corrects the one of the same period; else 1. */
  readonly sending?: number
}

/** A row, and what a test may know of it. */
export interface CouncilRow {
  readonly cells: CouncilCells
  /** Name of the story that it tells of. */
  readonly story: string
  /** The same in every submission, whatever is said of the event; another one for another person. */
  readonly eventId: string
  /**
   * Who it is: the NHS number by which PDS knows them, where the row has one that leads there, else the council's code and
   * number, e.g. `999_2004817`; absent where the row says neither.
   */
  readonly personKey?: string
  readonly expectation: RowExpectation
}

/** Client Level Data of a council for one period: what `councilRows` tells, without what a test may know. */
export function* councilSubmission(options: SubmissionOptions): Generator<CouncilCells, void, undefined> {
  for (const { cells } of councilRows(options)) yield cells
}

/**
 * The care of people as a council's system has it on the last day of a period. It is the same care at every period: a
 * later one tells how it goes on. Rows are made one at a time, a person's one after the other.
 *
 * @throws RangeError when the period ends before it starts.
 */
export function* councilRows(options: SubmissionOptions): Generator<CouncilRow, void, undefined> {
  const { seed, people, council, period, release, sending = 1 } = options
  if (!(period.start <= period.end)) throw new RangeError('A period ends after it starts')
  const extract: Extract = { seed, council, period, sending }
  let ordinal = 0
  let line = 0
  let relatives: readonly string[] = []
  for (const person of people) {
    if (person.birthDate >= adultsBornBefore) continue
    for (const row of rowsOf({ person, ordinal, relatives, extract }))
      yield { ...row, cells: written(row.cells, release, line++) }
    // Who died has a story of their own, and takes nobody's turn.
    if (person.kind !== 'deceased') ordinal++
    relatives = [councilNumberOf(person.nhsNumber, council.laCode), ...relatives].slice(0, 2)
  }
}

interface Client {
  readonly person: Person
  /** Whose turn it is: how many adults with a particular story came before. */
  readonly ordinal: number
  readonly relatives: readonly string[]
  readonly extract: Extract
}

function rowsOf({ person, ordinal, relatives, extract }: Client): readonly CouncilRow[] {
  const [particularName, particular] = particularOf(person, ordinal)
  const stories = particular.isAlone ? [] : everydayOf(person, extract.seed)
  const about = { ...personCells(person, extract), ...particular.about?.(person) }
  const told = [...stories, [particularName, particular] as const]
  return told.flatMap(([name, story]) =>
    story.tell(createCaseFile({ person, story: name, extract, relatives })).flatMap((event) => {
      const seen = asSeen(event, person, extract)
      return seen ? [rowOf({ person, about, seen, story: name, doubts: particular.doubts ?? [] })] : []
    })
  )
}

const particulars = Object.entries(particularStories)
const everydays = Object.entries(everydayStories)

const particularOf = ({ kind }: Person, ordinal: number): readonly [string, Story] =>
  kind === 'deceased' ? lastStory : (particulars[ordinal % particulars.length] ?? lastStory)

function everydayOf({ nhsNumber }: Person, seed: string): readonly (readonly [string, Story])[] {
  const random = createRandom(`council everyday ${seed} ${nhsNumber}`)
  const first = random.integer(0, everydays.length - 1)
  return [...everydays.slice(first), ...everydays.slice(0, first)].slice(0, random.integer(2, 4))
}

interface RowFacts {
  readonly person: Person
  readonly about: SomeCells
  readonly seen: SeenEvent
  readonly story: string
  readonly doubts: NonNullable<RowExpectation['doubts']>
}

function rowOf({ person, about, seen, story, doubts }: RowFacts): CouncilRow {
  const cells: CouncilCells = {
    ...blankCells,
    ...about,
    Event_Type: seen.type,
    Event_Start_Date: seen.start,
    Event_End_Date: seen.end ?? '',
    ...(seen.type === 'Service' && { Event_Outcome: outcomeOf(seen, about.Date_of_Death) }),
    ...seen.cells
  }
  const personKey = personKeyOf(person, cells)
  return {
    cells,
    story,
    eventId: `${story}/${seen.id}`,
    ...(personKey !== undefined && { personKey }),
    expectation: expectationOf(seen, doubts)
  }
}

const outcomeOf = ({ heldEnd }: SeenEvent, death: string | undefined): string => {
  if (heldEnd === undefined) return 'Continuation of support or services'
  return heldEnd === death ? 'NFA: Deceased' : 'NFA: Support ended as planned'
}

function personKeyOf({ nhsNumber }: Person, cells: CouncilCells): string | undefined {
  if (findNhsNumber(cells.NHS_Number)) return nhsNumber
  const own = cells.LA_Person_Unique_Identifier
  return own === '' ? undefined : `${cells.LA_Code}_${own}`
}

function expectationOf(
  { type, start, heldEnd, expects }: SeenEvent,
  doubts: RowFacts['doubts']
): RowExpectation {
  if (expects.effect === 'rejected') return expects
  const event = { type, start, ...(heldEnd !== undefined && { end: heldEnd }) }
  const all = [...(expects.doubts ?? []), ...doubts]
  return all.length > 0 ? { ...expects, effect: 'doubted', doubts: all, event } : { ...expects, event }
}

const dateColumns = [
  'Reporting_Period_Start_Date',
  'Reporting_Period_End_Date',
  'Date_of_Birth',
  'Date_of_Death',
  'Event_Start_Date',
  'Event_End_Date'
] as const

/** Every so many rows dates are written as the other release does. */
const otherFormEvery = 37

/** @param line Counted from 0. References are given anew in each file, so that they are good for nothing. */
function written(cells: CouncilCells, release: Release, line: number): CouncilCells {
  const form = line % otherFormEvery === otherFormEvery - 1 ? ((3 - release) as Release) : release
  const dates = Object.fromEntries(
    dateColumns.map((column) => [
      column,
      isDate(cells[column]) ? writtenDate(cells[column], form) : cells[column]
    ])
  )
  return { ...inRelease(cells, release), ...dates, Event_Reference: `E${1_000_000 + line}` }
}

const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text)
