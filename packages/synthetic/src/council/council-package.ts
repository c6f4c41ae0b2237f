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
  /** Those in force on the day, the same as in a submission of it, in the words of release 2. */
  readonly services: readonly CouncilService[]
  readonly keyWorker: CouncilContact
  /** Of the person's own people; nobody, for some. */
  readonly contacts: readonly CouncilContact[]
  /** What whoever visits has to beware of. */
  readonly warnings: readonly { readonly kind: string; readonly text: string }[]
}

export interface CouncilService {
  /** See `CouncilRow.eventId`. */
  readonly eventId: string
  readonly type: string
  readonly component: string
  readonly provider?: string
  /** ISO dates. */
  readonly start: string
  readonly end?: string
  readonly unitsPerWeek?: string
}

export interface CouncilContact {
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
  { seed, council }: Pick<CouncilPackageOptions, 'seed' | 'council'>
): CouncilPackage {
  const personKey = rows[0]?.personKey ?? ''
  const random = createRandom(`council package ${seed} ${council.laCode} ${personKey}`)
  const social = { ...someone(random), role: 'Social worker' }
  return {
    personKey,
    services: rows.flatMap(serviceOf),
    keyWorker: social,
    contacts: relations.filter(() => random.chance(0.35)).map((role) => ({ ...someone(random), role })),
    warnings: random.chance(0.3) ? [random.pick(warnings)] : []
  }
}

const relations = ['Daughter', 'Son', 'Neighbour', 'Partner']

function someone(random: Random): Omit<CouncilContact, 'role'> {
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
  return [
    {
      eventId,
      type: cells.Service_Type,
      component: cells.Service_Component,
      ...(provider !== '' && { provider }),
      start: event.start,
      ...(event.end !== undefined && { end: event.end }),
      ...(units !== '' && { unitsPerWeek: units })
    }
  ]
}
