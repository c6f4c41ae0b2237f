import { isOutcomeError, type NhsNumber } from '@chesil/fhir'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apply } from '../support/contributions.ts'
import { createPersons } from '../support/people.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const persons = createPersons(db)

/** What a source says of each person that it is asked about, by person. */
type Said = ReadonlyMap<number, readonly string[]>
interface Message {
  readonly contribution: string
  readonly home: number
  readonly source: number
  readonly at: number
  readonly said: Said
}
interface Link {
  readonly id: string
  readonly from: number
  readonly into: number
  readonly at: number
}

/** What is meant to be: of each person and source the names in the latest message about that person. */
class World {
  readonly latest = new Map<string, { at: number; names: readonly string[] }>()
  links: Link[] = []
  pending: Message[] = []
  readonly people: readonly { readonly id: string; readonly number: NhsNumber }[]
  readonly prefix: string
  constructor(people: World['people']) {
    this.people = people
    this.prefix = people[0]?.id.slice(0, 8) ?? ''
  }

  idOf = (n: number): string => this.people[n]?.id as string
  sourceOf = (source: number) => `gp-${this.prefix}-${source}`
  isMerged = (n: number) => this.links.some(({ from }) => from === n)
  namesOf = (n: number, source: number) => this.latest.get(`${n}/${source}`)?.names ?? []
  survivorOf(n: number): number {
    const link = this.links.find(({ from }) => from === n)
    return link ? this.survivorOf(link.into) : n
  }
  /** All in whose name a person speaks; only those merged by then, where a time is given. */
  treeOf(n: number, at = Number.POSITIVE_INFINITY): number[] {
    const parts = this.links.filter((link) => link.into === n && link.at <= at)
    return [n, ...parts.flatMap(({ from }) => this.treeOf(from, at))]
  }
  hear({ home, source, at, said }: Message) {
    for (const n of this.treeOf(home, at)) {
      const key = `${n}/${source}`
      if (at > (this.latest.get(key)?.at ?? 0)) this.latest.set(key, { at, names: said.get(n) ?? [] })
    }
  }
  shownOf(n: number): string[] {
    if (this.isMerged(n)) return []
    return this.treeOf(n)
      .flatMap((part) => [0, 1].flatMap((source) => this.namesOf(part, source)))
      .sort()
  }
}

const personCount = 3

const step = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('say', 'ask', 'deliver') },
    { weight: 4, arbitrary: fc.constantFrom('merge', 'supersede', 'unmerge') },
    { weight: 1, arbitrary: fc.constant('trace' as const) }
  ),
  who: fc.nat(personCount - 1),
  other: fc.nat(personCount - 1),
  source: fc.constantFrom(0, 0, 1),
  names: fc.subarray(['i', 'j', 'k']),
  pick: fc.nat(7)
})
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** A source is asked about a survivor: it says what it likes of them, and no more than before of the others. */
async function ask(world: World, { who, source, names, pick }: Step): Promise<Message> {
  const home = world.survivorOf(who)
  const said = new Map(
    world.treeOf(home).map((n) => {
      const own = names.map((name) => `${n}-${source}-${name}`)
      return [n, n === home ? own : world.namesOf(n, source).filter((_name, at) => (at + pick) % 3 > 0)]
    })
  )
  const at = await persons.now()
  const all = [...said.values()].flat()
  const contribution = await persons.answer(world.idOf(home), world.sourceOf(source), all, { at })
  return { contribution, home, source, at, said }
}

async function deliver(world: World, message: Message) {
  expect(await apply(db(), message.contribution)).toEqual(['applied'])
  world.hear(message)
}

async function merge(world: World, { who, other, kind }: Step) {
  const [from, into] = kind === 'merge' ? [who, other] : [world.survivorOf(who), world.survivorOf(other)]
  const isConflict = from === into || world.isMerged(from) || world.isMerged(into)
  if (kind === 'supersede') {
    const { number: asked } = world.people[from] as { number: NhsNumber }
    const { number: current } = world.people[into] as { number: NhsNumber }
    expect(await persons.trace({ asked, current })).toBe(world.idOf(into))
  } else {
    const outcome = await persons.merge(world.idOf(from), world.idOf(into)).catch((error: unknown) => error)
    expect(isOutcomeError(outcome) && outcome.kind === 'conflict').toBe(isConflict)
  }
  if (isConflict) return
  const [link] = await db().query<{ id: string }>(
    'select id from identity_link where from_patient_id = $1 and undone_at is null',
    [world.idOf(from)]
  )
  world.links.push({ id: link?.id as string, from, into, at: await persons.now() })
}

async function unmerge(world: World, link: Link | undefined) {
  if (!link) return
  const outcome = await persons.unmerge(link.id).catch((error: unknown) => error)
  if (world.isMerged(link.into)) {
    expect(outcome).toMatchObject({ kind: 'conflict' })
    return
  }
  expect(outcome).toBeUndefined()
  world.links = world.links.filter((other) => other !== link)
  // What a source still has to say of the two as one would be said of the wrong one.
  world.pending = world.pending.filter(({ said }) => !(said.has(link.from) && said.has(link.into)))
}

async function take(world: World, taken: Step) {
  const { kind, pick, who } = taken
  if (kind === 'say') await deliver(world, await ask(world, taken))
  if (kind === 'ask') world.pending.push(await ask(world, taken))
  if (kind === 'deliver') {
    const [message] = world.pending.splice(pick % Math.max(world.pending.length, 1), 1)
    if (message) await deliver(world, message)
  }
  if (kind === 'merge' || kind === 'supersede') await merge(world, taken)
  if (kind === 'unmerge') await unmerge(world, world.links[pick % Math.max(world.links.length, 1)])
  if (kind === 'trace') {
    const { number } = world.people[who] as { number: NhsNumber }
    expect(await persons.trace({ asked: number })).toBe(world.idOf(world.survivorOf(who)))
  }
}

async function check(world: World) {
  const ids = world.people.map(({ id }) => id)
  const open = await db().query<{ id: string; texts: string[] }>(
    `select patient_id as id, array_agg(body::json -> 'code' ->> 'text' order by body::json -> 'code' ->> 'text') as texts
       from view_entry where patient_id = any ($1::uuid[]) and resource_type = 'Observation' and to_version is null
      group by 1`,
    [ids]
  )
  const shown = ids.map((id) => (open.find((row) => row.id === id)?.texts ?? []).toSorted())
  expect(shown).toEqual(ids.map((_id, n) => world.shownOf(n)))
}

test('whatever is said, merged, undone and late: an item is shown under one person, who it is said of', async () => {
  const count = Number(process.env['RUNS'] ?? 15)
  await fc.assert(
    fc.asyncProperty(
      fc.subarray([...Array(personCount).keys()]),
      fc.array(step, { maxLength: 40, size: 'max' }),
      async (known, steps) => {
        const people: { id: string; number: NhsNumber }[] = []
        for (let n = 0; n < personCount; n++) {
          const number = persons.next()
          people.push({ id: await persons.trace({ asked: number }), number })
        }
        const world = new World(people)
        for (const who of known) {
          await take(world, { kind: 'say', who, other: who, source: 0, names: ['i', 'j'], pick: 0 })
        }
        for (const taken of steps) {
          await take(world, taken)
          await check(world)
        }
        while (world.links.length > 0) {
          await unmerge(world, world.links.at(-1))
          await check(world)
        }
        for (const [n, { id, number }] of people.entries()) {
          expect(await persons.shown(id)).toEqual(world.shownOf(n))
          expect(await persons.stateOf(id)).toMatchObject({
            patientId: id,
            nhsNumber: number,
            oldNhsNumbers: []
          })
        }
      }
    ),
    { numRuns: count, ...(process.env['SEED'] && { seed: Number(process.env['SEED']) }) }
  )
})
