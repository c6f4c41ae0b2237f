import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Loose } from '../asking.ts'
import {
  bundle,
  createFold,
  createRegister,
  deletion,
  localOf,
  nhs,
  observation,
  ownSystem,
  patient,
  put,
  transaction
} from './pushing.ts'

/** What stands once pushes have come in this order. */
function fold(pushes: readonly Loose[]): string[] {
  const map = createRegister()
  const record = createFold()
  for (const push of pushes) for (const part of map(push)) record.apply(part)
  return record.shown()
}

const at = (minute: number): string => new Date(Date.UTC(2026, 10, 20, 9, minute)).toISOString()
const version = (minute: number, person: string, changes: Loose = {}): Loose =>
  observation('o1', {
    meta: { lastUpdated: at(minute) },
    subject: { reference: `Patient/${person}` },
    code: { text: `minute ${minute}` },
    ...changes
  })
const deleted = (minute: number): Loose =>
  transaction([deletion('Observation/o1')], { timestamp: at(minute) })
const shown = (person: string, minute: number) => [`${person} Observation/o1: minute ${minute}`]

/** In every order in which they may come. */
function inEveryOrder(...pushes: Loose[]): string[][] {
  if (pushes.length < 2) return [fold(pushes)]
  const orders = (left: readonly Loose[]): Loose[][] =>
    left.length === 0
      ? [[]]
      : left.flatMap((one) => orders(left.filter((other) => other !== one)).map((rest) => [one, ...rest]))
  const results = orders(pushes).map(fold)
  return [...new Map(results.map((result) => [JSON.stringify(result), result])).values()]
}

describe('whatever comes first,', () => {
  test('the later version stands', () => {
    expect(inEveryOrder(version(1, 'p1'), version(2, 'p1'), version(3, 'p1'))).toEqual([shown('p1', 3)])
  })

  test('of one time the higher number stands', () => {
    const numbered = (versionId: string) =>
      version(1, 'p1', { meta: { lastUpdated: at(1), versionId }, code: { text: versionId } })
    expect(inEveryOrder(numbered('9'), numbered('10'))).toEqual([['p1 Observation/o1: 10']])
  })

  test('a deletion ends what came before it, though it does not say whose it was', () => {
    expect(inEveryOrder(version(1, 'p1'), deleted(2))).toEqual([[]])
    expect(inEveryOrder(version(1, 'p1'), deleted(2), version(3, 'p1'))).toEqual([shown('p1', 3)])
  })

  test('a deletion comes after what was said at its time, unless it names what it deletes', () => {
    expect(inEveryOrder(version(1, 'p1'), deleted(1))).toEqual([[]])
    const third = transaction([deletion('Observation/o1', { ifMatch: 'W/"3"' })], { timestamp: at(1) })
    const fifth = version(1, 'p1', { meta: { lastUpdated: at(1), versionId: '5' } })
    expect(inEveryOrder(fifth, third)).toEqual([shown('p1', 1)])
  })

  test.each([
    ['its status', { status: 'entered-in-error' }],
    ['its verification', { verificationStatus: { coding: [{ code: 'entered-in-error' }] } }]
  ])('what was entered in error by %s is gone', (_what, changes) => {
    expect(inEveryOrder(version(1, 'p1'), version(2, 'p1', changes))).toEqual([[]])
  })

  test('an item that turns out to be another’s is theirs alone', () => {
    expect(inEveryOrder(version(1, 'p1'), version(2, 'p2'))).toEqual([shown('p2', 2)])
    expect(inEveryOrder(version(1, 'p1'), version(2, 'p2'), version(3, 'p1'))).toEqual([shown('p1', 3)])
    expect(inEveryOrder(version(1, 'p1'), version(2, 'p2'), deleted(3))).toEqual([[]])
  })

  test('and where one version names two people, the same one has it', () => {
    expect(inEveryOrder(version(1, 'p1'), version(1, 'p2'))).toEqual([shown('p2', 1)])
  })

  test('one of a Bundle and alone it is the same', () => {
    const together = transaction([
      put(patient('p1', { meta: { lastUpdated: at(0) } })),
      put(version(1, 'p1'))
    ])
    expect(inEveryOrder(together, version(2, 'p1'))).toEqual([
      ['p1 Observation/o1: minute 2', 'p1 Patient/p1: undefined']
    ])
  })

  test('a number of the trust’s that was mistyped is not theirs any more', () => {
    const numbered = (minute: number, value?: string) =>
      bundle([
        patient('p1', {
          meta: { lastUpdated: at(minute) },
          identifier: [nhs(), ...(value === undefined ? [] : [{ system: ownSystem, value }])]
        })
      ])
    /** The numbers that are linked once all has come. */
    const linked = (pushes: readonly Loose[]): string[] => {
      const map = createRegister()
      const said = pushes.flatMap((push) =>
        map(push).flatMap(({ identity, sourceTime, sourceSequence = 0 }) =>
          identity.map((one) => ({ one, order: `${sourceTime} ${String(sourceSequence).padStart(10, '0')}` }))
        )
      )
      const last = new Map(
        said
          .toSorted((a, b) => (a.order < b.order ? -1 : 1))
          .map(({ one }) => {
            expect(one.from).toEqual(localOf('p1'))
            return [one.into.value, one.kind] as const
          })
      )
      return [...last].filter(([, kind]) => kind === 'link').map(([value]) => value)
    }
    const [wrong, right, none] = [numbered(1, 'M71'), numbered(2, 'M17'), numbered(3)]
    expect(linked([wrong, right])).toEqual(['M17'])
    expect(linked([right, wrong])).toEqual(['M17'])
    expect(linked([none, wrong, right])).toEqual([])
    expect(linked([wrong, right, none])).toEqual([])
  })
})

interface Said {
  readonly item: number
  readonly person: number
  readonly kind: 'said' | 'error' | 'deleted'
}
const said: fc.Arbitrary<Said> = fc.record({
  item: fc.integer({ min: 1, max: 5 }),
  person: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom(
    'said' as const,
    'said' as const,
    'said' as const,
    'error' as const,
    'deleted' as const
  )
})

const nameOf = (minute: number): string => `minute ${minute}`
/** Several versions are of one time, told apart by their numbers. */
const toPush = ({ item, person, kind }: Said, minute: number): Loose => {
  const time = at(Math.floor(minute / 3))
  if (kind === 'deleted') {
    const deletedVersion = { ifMatch: `W/"${minute}"` }
    return transaction([deletion(`Observation/o${item}`, deletedVersion)], { timestamp: time })
  }
  return observation(`o${item}`, {
    meta: { lastUpdated: time, versionId: String(minute + 1) },
    status: kind === 'error' ? 'entered-in-error' : 'final',
    subject: { reference: `Patient/p${person}` },
    code: { text: nameOf(minute) }
  })
}

/** What the last version of each item says. */
const expected = (events: readonly Said[]): string[] =>
  [...new Map(events.map((event, minute) => [event.item, { ...event, minute }])).values()]
    .filter(({ kind }) => kind === 'said')
    .map(({ item, person, minute }) => `p${person} Observation/o${item}: ${nameOf(minute)}`)
    .sort()

test('deliveries that are shuffled and repeated fold to what the source said last', () => {
  fc.assert(
    fc.property(
      fc.array(said, { minLength: 1, maxLength: 50 }),
      fc.infiniteStream(fc.nat()),
      fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
      (events, keys, times) => {
        const pushes = events.map(toPush)
        const deliveries = pushes
          .flatMap((push) => Array.from({ length: times.next().value ?? 1 }, () => push))
          .map((push) => ({ push, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ push }) => push)
        const inOrder = fold(pushes)
        expect(inOrder).toEqual(expected(events))
        expect(fold(deliveries)).toEqual(inOrder)
      }
    ),
    { numRuns: 200 }
  )
})

test('and so do Bundles of them, whichever versions come together', () => {
  fc.assert(
    fc.property(
      fc.array(said, { minLength: 1, maxLength: 50 }),
      fc.array(fc.nat(), { minLength: 50, maxLength: 50 }),
      (events, keys) => {
        const all = events.map((event, minute) => ({ push: toPush(event, minute), key: keys[minute] ?? 0 }))
        const single = all.filter(({ push }) => push['resourceType'] === 'Bundle')
        const grouped = [
          ...Map.groupBy(
            all.filter((one) => !single.includes(one)),
            ({ key }) => key % 7
          ).values()
        ]
        const bundles = grouped.map((group) =>
          bundle(
            group.map(({ push }) => push),
            { timestamp: undefined }
          )
        )
        expect(fold([...single.map(({ push }) => push), ...bundles])).toEqual(expected(events))
      }
    ),
    { numRuns: 200 }
  )
})

test('whatever is sent is read or refused, and nothing is thrown', () => {
  const keys = fc.constantFrom(
    ...[
      'resourceType',
      'id',
      'entry',
      'resource',
      'subject',
      'reference',
      'contained',
      'meta',
      'type',
      'request'
    ],
    ...[
      'identifier',
      'method',
      'url',
      'fullUrl',
      'lastUpdated',
      'timestamp',
      'extension',
      'name',
      'participant'
    ]
  )
  const { junk } = fc.letrec<{ junk: unknown; leaf: unknown; object: unknown; list: unknown }>((tie) => ({
    junk: fc.oneof({ maxDepth: 5 }, tie('leaf'), tie('object'), tie('list')),
    leaf: fc.constantFrom<unknown>(
      null,
      0,
      true,
      '',
      'Patient/p1',
      '#p',
      'Observation',
      'Bundle',
      'PUT',
      at(1)
    ),
    object: fc.dictionary(keys, tie('junk'), { maxKeys: 5 }),
    list: fc.array(tie('junk'), { maxLength: 3 })
  }))
  fc.assert(
    fc.property(junk, fc.dictionary(keys, junk), (one, changes) => {
      for (const json of [
        one,
        { ...version(1, 'p1'), ...changes },
        bundle([
          { ...version(1, 'p1'), ...changes },
          { ...patient('p1'), ...changes }
        ]),
        transaction([{ ...put(version(1, 'p1')), ...changes }])
      ])
        expect(tryFold(json)).toBe(true)
    }),
    { numRuns: 2_000 }
  )
})

/** A refusal of what was sent is an error of the test's own. */
function tryFold(json: unknown): boolean {
  try {
    fold([json as Loose])
    return true
  } catch (error) {
    return error instanceof Error && error.constructor === Error
  }
}
