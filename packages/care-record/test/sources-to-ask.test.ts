import type { Source } from '@chesil/contracts'
import { type OdsCode, parseOdsCode } from '@chesil/fhir'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PersonAtSources, type SourceToAsk, sourcesToAsk } from '../src/index.ts'
import { hill, source } from './builders.ts'

const lake = parseOdsCode('B82002')
const hillSource = source()
const lakeSource = source({ id: 'gp-lake', odsCode: lake, name: 'Lake Surgery' })

const ask = (person: Partial<PersonAtSources>, sources: readonly Source[] = [hillSource, lakeSource]) =>
  sourcesToAsk(
    { registeredPractice: undefined, deceased: false, hasNhsNumber: true, heldSources: [], ...person },
    { sources: [...sources], readingOrganisations: [] }
  )
/** Whom, as what, and why not. */
const brief = (asked: readonly SourceToAsk[]) =>
  asked.map(({ sourceId, relation, notAsked }) => [sourceId, relation, notAsked ?? 'asked'].join(' '))

test('the practice that PDS names is asked, with its catalogue entry', () => {
  expect(ask({ registeredPractice: hill })).toEqual([
    { sourceId: 'gp-hill', source: hillSource, odsCode: hill, relation: 'registered' }
  ])
})

test('a practice that the catalogue does not name is spoken of by its ODS code', () => {
  expect(ask({ registeredPractice: hill }, [])).toEqual([
    { sourceId: 'ods-a81001', odsCode: hill, relation: 'registered', notAsked: 'not-connected' }
  ])
})

test.each([
  ['planned', false, 'not-connected'],
  ['retired', false, 'retired'],
  ['live', true, 'deceased'],
  ['planned', true, 'not-connected'],
  ['retired', true, 'retired']
] as const)('the practice that PDS names, %s, of somebody deceased %s: %s', (releaseStage, deceased, why) => {
  const asked = ask({ registeredPractice: hill, deceased }, [source({ releaseStage })])
  expect(brief(asked)).toEqual([`gp-hill registered ${why}`])
})

describe('a practice that answered and that PDS no longer names', () => {
  test('is spoken of after the present one, and not asked', () => {
    const asked = ask({ registeredPractice: lake, heldSources: ['gp-hill', 'gp-lake'] })
    expect(brief(asked)).toEqual(['gp-lake registered asked', 'gp-hill former former'])
    expect(asked[1]).toMatchObject({ source: hillSource, odsCode: hill })
  })

  test('is spoken of when the person is registered nowhere', () => {
    expect(brief(ask({ heldSources: ['gp-hill'] }))).toEqual(['gp-hill former former'])
  })

  test('is spoken of by its id when the catalogue no longer names it', () => {
    expect(ask({ heldSources: ['gp-gone'] })).toEqual([
      { sourceId: 'gp-gone', relation: 'former', notAsked: 'former' }
    ])
  })
})

describe('of somebody who has died', () => {
  test('the last practices are not former ones, when PDS has ended the registration', () => {
    expect(brief(ask({ deceased: true, heldSources: ['gp-hill'] }))).toEqual(['gp-hill registered deceased'])
  })

  test('a former practice stays one, while PDS still names the last', () => {
    const asked = ask({ deceased: true, registeredPractice: lake, heldSources: ['gp-hill'] })
    expect(brief(asked)).toEqual(['gp-lake registered deceased', 'gp-hill former former'])
  })
})

describe('a practice that changed its system has an entry for each', () => {
  const old = source({ id: 'gp-hill-old', releaseStage: 'retired' })
  const next = source({ id: 'gp-hill-next', releaseStage: 'planned' })

  test.each([
    ['the live one is asked', [old, next, hillSource], 'gp-hill registered asked'],
    ['wherever it stands', [hillSource, next, old], 'gp-hill registered asked'],
    ['a planned one comes before a retired one', [old, next], 'gp-hill-next registered not-connected']
  ])('%s', (_case, sources, expected) => {
    expect(brief(ask({ registeredPractice: hill }, sources))).toEqual([expected])
  })

  test('and what the old one answered is still spoken of', () => {
    const asked = ask({ registeredPractice: hill, heldSources: ['gp-hill-old'] }, [old, hillSource])
    expect(asked.map(({ sourceId }) => sourceId)).toEqual(['gp-hill', 'gp-hill-old'])
  })
})

// A catalogue may use the very id that an unlisted practice is given.
const ids = ['gp-hill', 'gp-lake', 'gp-old', 'ods-a81001'] as const
const sources = fc.uniqueArray(
  fc
    .record({
      id: fc.constantFrom(...ids),
      odsCode: fc.constantFrom(hill, lake),
      releaseStage: fc.constantFrom('planned' as const, 'live' as const, 'retired' as const)
    })
    .map(source),
  { selector: ({ id }) => id }
)
const person = fc.record({
  registeredPractice: fc.constantFrom<(OdsCode | undefined)[]>(undefined, hill, lake),
  deceased: fc.boolean(),
  hasNhsNumber: fc.boolean(),
  heldSources: fc.shuffledSubarray([...ids, 'gp-gone'])
})

test('whatever is held is spoken of exactly once, after the registered practice, and beside these nobody', () => {
  fc.assert(
    fc.property(person, sources, (person, sources) => {
      const asked = ask(person, sources)
      const spoken = asked.map(({ sourceId }) => sourceId)
      const practice = person.registeredPractice === undefined ? [] : spoken.slice(0, 1)
      expect(new Set(spoken).size).toBe(spoken.length)
      expect(new Set(spoken)).toEqual(new Set([...practice, ...person.heldSources]))
      if (person.registeredPractice) {
        expect(asked[0]).toMatchObject({ odsCode: person.registeredPractice, relation: 'registered' })
      }
    })
  )
})

test('only the live practice that PDS names is asked, and only about the living', () => {
  fc.assert(
    fc.property(person, sources, (person, sources) => {
      for (const { source, notAsked } of ask(person, sources)) {
        if (notAsked !== undefined) continue
        expect(source).toMatchObject({ odsCode: person.registeredPractice, releaseStage: 'live' })
        expect(person.deceased).toBe(false)
      }
    })
  )
})
