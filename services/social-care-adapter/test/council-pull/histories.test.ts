import { compareDemographics, type FoldState, foldContribution } from '@chesil/care-record'
import type { Contribution, Section } from '@chesil/contracts'
import { councilAnswerToContribution } from '@chesil/mappers'
import type { PullHistory, SectionHistory } from '@chesil/record-store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { askCouncil } from '../../src/council-pull/ask-council.ts'
import {
  briefly,
  type Council,
  createCouncil,
  endpointOf,
  type Kind,
  nhsNumber,
  personOf
} from './council.ts'

const hour = 3_600_000
const kinds = ['services', 'contacts', 'reviews', 'warnings'] as const
const types: Readonly<Record<Kind, string>> = {
  services: 'EpisodeOfCare',
  contacts: 'RelatedPerson',
  reviews: 'Task',
  warnings: 'Flag'
}
const pds = { birthDate: '1948-02-29', name: [{ family: 'Marsh', given: ['Alice'] }] }

/** A record as applying keeps it, with nothing but what decides. */
interface Held {
  state: FoldState
  history: PullHistory
}

function map(body: Uint8Array): Contribution {
  const mapped = councilAnswerToContribution(JSON.parse(Buffer.from(body).toString()), {
    source: { id: 'council-api', odsCode: '810', name: 'Dorset Council', patientNumberSystem: 'urn:x' },
    person: { nhsNumbers: [nhsNumber] },
    judge: (claimed) => compareDemographics(claimed, pds),
    patientId: 'person',
    resourceId: (type, name) => `${type}-${name}`
  })
  if (mapped.outcome !== 'mapped') throw new Error(mapped.reason)
  return mapped.contribution
}

function apply(record: Held, { mode, entries, sections }: Contribution, at: number): void {
  const order = { time: new Date(at).toISOString(), sequence: 0, hash: 'h' }
  const complete = mode === 'delta' ? [] : sections.filter((one) => one.complete)
  const changes = foldContribution(record.state, {
    order,
    completeSections: complete.map(({ section }) => section),
    items: new Map(
      entries.map((entry) => [
        `${entry.resourceType} ${entry.sourceResourceId}`,
        {
          sections: entry.sections,
          contentHash: JSON.stringify(entry.resource ?? ''),
          ...(entry.resource === undefined && { deleted: true })
        }
      ])
    )
  })
  record.state = {
    items: new Map([...record.state.items, ...changes.items]),
    coverage: new Map([...record.state.coverage, ...changes.coverage])
  }
  const told = new Map<Section, SectionHistory>(record.history.sections)
  for (const { section, state } of complete)
    told.set(section, { state, coveredAt: at, hasQuarantined: false })
  const present = [...record.state.items].filter(([, item]) => item.present)
  const patients = present.flatMap(([name]) => (name.startsWith('Patient ') ? name.slice(8) : []))
  record.history = {
    asAt: at,
    isStale: false,
    sections: told,
    held: new Map([['Patient', new Set(patients)]])
  }
}

const shown = ({ state }: Held, kind: Kind): string[] =>
  [...state.items]
    .filter(([name, { present }]) => present && name.startsWith(`${types[kind]} `))
    .map(([name]) => name.split('/').at(-1) ?? '')
    .sort()

async function pull(council: Council, record: Held, at: number): Promise<void> {
  const found = await askCouncil(endpointOf(council), { nhsNumber, history: record.history, askedAt: at })
  if (found.outcome === 'answered') apply(record, map(found.body), at)
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('put' as const), kind: fc.constantFrom(...kinds), id: fc.nat(4) })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      kind: fc.constantFrom(...kinds),
      id: fc.nat(4)
    })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renumber' as const), id: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), isKnown: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pull' as const),
      isFailing: fc.boolean(),
      hours: fc.constantFrom(1, 2, 30)
    })
  }
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never
type Pull = Extract<Step, { do: 'pull' }>

function change(council: Council, each: Exclude<Step, Pull>, at: number): void {
  if (each.do === 'put')
    council.put(each.kind, `i${each.id}`, { name: String(at), due: '2027-01-01', text: 'x' }, at)
  if (each.do === 'remove') council.remove(each.kind, `i${each.id}`, at)
  if (each.do === 'renumber') council.person = personOf(nhsNumber, { laPersonId: `P${each.id}` })
  if (each.do === 'forget') council.isKnown = each.isKnown
}

async function pullAndCheck(council: Council, record: Held, { isFailing }: Pull, at: number): Promise<void> {
  const before = new Map(kinds.map((kind) => [kind, shown(record, kind)]))
  council.failing = isFailing ? { outcome: 'timed-out' } : undefined
  await pull(council, record, at)
  for (const kind of kinds) {
    const told = council.isKnown ? council.ids(kind).sort() : []
    expect(shown(record, kind)).toEqual(isFailing ? before.get(kind) : told)
  }
}

/** @returns how the council was asked, over the whole of it. */
async function live(steps: readonly Step[]): Promise<readonly string[]> {
  const council = createCouncil()
  const record: Held = {
    state: { items: new Map(), coverage: new Map() },
    history: { isStale: false, sections: new Map(), held: new Map() }
  }
  let at = Date.UTC(2026, 10, 1)
  for (const each of steps) {
    at += each.do === 'pull' ? each.hours * hour : 60_000
    if (each.do === 'pull') await pullAndCheck(council, record, each, at)
    else change(council, each, at)
  }
  return briefly(council.asked)
}

test('whatever a council records, takes back and renumbers, and however it is asked, the record comes to say the same', async () => {
  const asked = new Set<string>()
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    for (const how of await live(steps)) asked.add(how)
  })
  await fc.assert(property, { numRuns: 500 })
  expect([...asked].sort()).toEqual(['all', 'changes'])
})
