import fc from 'fast-check'
import { expect, test } from 'vitest'
import { empty, held, hour, pull, type Record, shown, types } from './record.ts'
import { createTrust, nhsNumber, patientOf, type Trust } from './trust.ts'

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('put' as const), type: fc.constantFrom(...types), id: fc.nat(5) })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      type: fc.constantFrom(...types),
      id: fc.nat(5)
    })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pull' as const),
      failing: fc.subarray([...types], { maxLength: 2 }),
      hours: fc.constantFrom(1, 2, 30)
    })
  }
)

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never
type Pull = Extract<Step, { do: 'pull' }>

const trustOf = () => createTrust(patientOf(nhsNumber, { birthDate: '1970-01-31' }))

function change(trust: Trust, each: Exclude<Step, Pull>, at: number): void {
  if (each.do === 'put') trust.put(each.type, `i${each.id}`, { code: { text: String(at) } }, at)
  else trust.remove(each.type, `i${each.id}`)
}

/** What failed withdraws nothing; what did not holds everything that the trust has. @returns how each was asked. */
async function pullAndCheck(trust: Trust, record: Record, { failing }: Pull, at: number): Promise<string[]> {
  trust.failing.clear()
  for (const type of failing) trust.failing.set(type, { outcome: 'timed-out' })
  const before = new Map(types.map((type) => [type, shown(record, type)]))
  const outcome = await pull(trust, record, at)
  for (const type of types) {
    const expected = failing.includes(type) ? before.get(type) : expect.arrayContaining(held(trust, type))
    expect(shown(record, type)).toEqual(expected)
  }
  if (outcome.outcome !== 'answered') return []
  return [...outcome.answer.byType.values()].map((one) => ('kind' in one ? one.kind : 'failed'))
}

/** @returns how each was asked, over the whole of it. */
async function live(steps: readonly Step[]): Promise<string[]> {
  const [trust, record] = [trustOf(), empty()]
  const kinds: string[] = []
  let at = Date.UTC(2026, 10, 1)
  for (const each of [...steps, last]) {
    at += each.do === 'pull' ? each.hours * hour : 60_000
    if (each.do === 'pull') kinds.push(...(await pullAndCheck(trust, record, each, at)))
    else change(trust, each, at)
  }
  for (const type of types) expect(shown(record, type)).toEqual(held(trust, type))
  return kinds
}

/** Long enough after all others for a sweep. */
const last: Pull = { do: 'pull', failing: [], hours: 30 }

test('whatever is recorded, changed and deleted at a trust, and whatever fails, the record comes to say the same', async () => {
  const kinds = new Set<string>()
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    for (const kind of await live(steps)) kinds.add(kind)
  })
  await fc.assert(property, { numRuns: 500 })
  expect([...kinds].sort()).toEqual(['failed', 'full', 'increment', 'sweep'])
})

test('a deletion is found by the sweep, and until then what is held stands', async () => {
  const trust = trustOf()
  for (const id of ['c1', 'c2', 'c3']) trust.put('Condition', id)
  const record = empty()
  const at = Date.UTC(2026, 10, 1)
  await pull(trust, record, at)
  trust.remove('Condition', 'c2')
  await pull(trust, record, at + hour)
  expect(shown(record, 'Condition')).toEqual(['Condition/c1', 'Condition/c2', 'Condition/c3'])
  await pull(trust, record, at + 25 * hour)
  expect(shown(record, 'Condition')).toEqual(['Condition/c1', 'Condition/c3'])
})
