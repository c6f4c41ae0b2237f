import names from '../names.json' with { type: 'json' }
import type { Person } from '../people.ts'
import { createRandom, type Random } from '../random.ts'
import type { Council } from './case-file.ts'
import { type CouncilRow, councilRows } from './submission.ts'
import warnings from './warnings.json' with { type: 'json' }

export interface CouncilPackageOptions {
  readonly seed: string
  /** See `SubmissionOptions.people`. */
  readonly people: Iterable<Person>
  readonly council: Council
  /** An ISO date: what is so on that day. */
  readonly asAt: string
}

/** What a council would tell of one person if it were asked, where an extract tells of all. */
export interface CouncilPackage {
  /** See `CouncilRow.personKey`. */
  readonly personKey: string
  /** The council's own number of the person. */
  readonly laPersonId: string
  /** Those in force on the day, the same as in a submission of it, in the words of release 2. */
  readonly services: readonly CouncilService[]
  readonly keyWorker: CouncilContact
  readonly team: Omit<CouncilContact, 'role'>
  /** Of the person's own people; nobody, for some. */
  readonly contacts: readonly CouncilContact[]
  /** Once a year, the next one; an ISO date. */
  readonly reviews: readonly { readonly id: string; readonly due: string }[]
  /** What whoever visits has to beware of, and since when: an ISO date. */
  readonly warnings: readonly {
    readonly id: string
    readonly category: string
    readonly text: string
    readonly start: string
  }[]
}

export interface CouncilService {
  /** See `CouncilRow.eventId`. */
  readonly eventId: string
  readonly type: string
  readonly component: string
  readonly deliveryMechanism: string
  readonly description?: string
  readonly provider?: string
  /** ISO dates. */
  readonly start: string
  readonly end?: string
  readonly unitsPerWeek?: string
}

export interface CouncilContact {
  /** The same for ever. */
  readonly id: string
  readonly name: string
  readonly role: string
  /** Ofcom keeps these numbers for drama. */
  readonly telephone: string
}

/** One for each person with a service or other event on the day, in the order of people. */
export function* councilPackages(options: CouncilPackageOptions): Generator<CouncilPackage, void, undefined> {
  const { seed, people, council, asAt } = options
  const day = { start: asAt, end: asAt }
  let gathered: CouncilRow[] = []
  for (const row of councilRows({ seed, people, council, period: day, release: 2 })) {
    if (row.personKey === undefined || !row.expectation.event) continue
    if (gathered[0] && gathered[0].personKey !== row.personKey) {
      yield packageOf(gathered, options)
      gathered = []
    }
    gathered.push(row)
  }
  if (gathered.length > 0) yield packageOf(gathered, options)
}

function packageOf(
  rows: readonly CouncilRow[],
  { seed, council, asAt }: Pick<CouncilPackageOptions, 'seed' | 'council' | 'asAt'>
): CouncilPackage {
  const { personKey = '', cells } = rows[0] ?? {}
  const random = createRandom(`council package ${seed} ${council.laCode} ${personKey}`)
  return {
    personKey,
    laPersonId: cells?.LA_Person_Unique_Identifier ?? '',
    services: rows.flatMap(serviceOf),
    keyWorker: workerOf(random, council),
    team: teamOf(random),
    contacts: relations
      .filter(() => random.chance(0.35))
      .map((role) => ({ id: role.toLowerCase(), ...someone(random), role })),
    reviews: [nextReview(random, asAt)],
    warnings: random.chance(0.3) ? [warningOf(random)] : []
  }
}

/** One worker has many people. */
function workerOf(random: Random, { laCode }: Council): CouncilContact {
  const id = `worker-${random.integer(1, 400)}`
  return { id, ...someone(createRandom(`council worker ${laCode} ${id}`)), role: 'Social worker' }
}

function teamOf(random: Random): CouncilPackage['team'] {
  const index = random.integer(0, teams.length - 1)
  return { id: `team-${index + 1}`, name: teams[index] ?? '', telephone: `01632 9609${index}0` }
}

/** On a day of the person's own. */
function nextReview(random: Random, asAt: string): CouncilPackage['reviews'][number] {
  const pad = (value: number) => String(value).padStart(2, '0')
  const day = `${pad(random.integer(1, 12))}-${pad(random.integer(1, 28))}`
  const year = Number(asAt.slice(0, 4)) + (asAt.slice(5) < day ? 0 : 1)
  return { id: `review-${year}`, due: `${year}-${day}` }
}

const warningOf = (random: Random): CouncilPackage['warnings'][number] => ({
  id: 'warning-1',
  ...random.pick(warnings),
  start: `${random.integer(2019, 2024)}-03-01`
})

const teams = ['Locality team east', 'Locality team west', 'Hospital discharge team']
const relations = ['Daughter', 'Son', 'Neighbour', 'Partner']

function someone(random: Random): Omit<CouncilContact, 'id' | 'role'> {
  const given = random.pick(names[random.pick(['female', 'male'] as const)])
  return {
    name: `${given} ${random.pick(names.family)}`,
    telephone: `01632 960${String(random.integer(0, 999)).padStart(3, '0')}`
  }
}

function serviceOf({ eventId, cells, expectation }: CouncilRow): readonly CouncilService[] {
  const { event } = expectation
  if (event?.type !== 'Service') return []
  const [provider, units] = [cells.Provider_CQC_Location_Name, cells.Planned_units_per_week]
  const description = cells.Event_Description
  return [
    {
      eventId,
      type: cells.Service_Type,
      component: cells.Service_Component,
      deliveryMechanism: cells.Delivery_Mechanism,
      ...(description !== '' && { description }),
      ...(provider !== '' && { provider }),
      start: event.start,
      ...(event.end !== undefined && { end: event.end }),
      ...(units !== '' && { unitsPerWeek: units })
    }
  ]
}
