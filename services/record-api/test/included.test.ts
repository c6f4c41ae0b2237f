import { indexResource } from '@chesil/care-record'
import type { Encounter, Observation, Resource } from '@chesil/fhir'
import { expect, test } from 'vitest'
import type { Include } from '../src/http/result-parameters.ts'
import { joinPieces } from '../src/view/gzip-stream.ts'
import { includedWith } from '../src/view/included.ts'
import type { Selection } from '../src/view/selection.ts'
import { packItems, type ViewItem } from '../src/view/view-item.ts'
import { catalogue } from './support/catalogue.ts'

const context = { catalogue, baseUrl: 'http://chesil.test/fhir/R4' }

function itemsOf(resources: readonly Resource[]): readonly ViewItem[] {
  const unpacked = resources.map((resource) => ({
    resourceType: resource.resourceType,
    resourceId: resource.id ?? '',
    lastUpdated: 0,
    sourceId: 'gp-one',
    version: 1,
    isAsKept: true,
    labels: undefined,
    sections: [],
    readIndex: () => indexResource(resource, []),
    text: JSON.stringify(resource)
  }))
  return packItems(unpacked, context.baseUrl).items
}

const selectionOf = (items: readonly ViewItem[]): Selection => ({
  items,
  byKey: new Map(items.map((item) => [item.key, item])),
  all: joinPieces([]),
  hasWithheld: false
})
const include = (changes: Partial<Include>): Include => ({
  direction: 'include',
  sourceType: 'Encounter',
  parameter: 'part-of',
  targetType: undefined,
  isIterated: false,
  ...changes
})

/** Each is part of the next. */
const visits = Array.from(
  { length: 10 },
  (_, n): Encounter => ({
    resourceType: 'Encounter',
    id: `visit-${n}`,
    status: 'finished',
    class: { code: 'IMP' },
    partOf: { reference: `Encounter/visit-${n + 1}` }
  })
)

test.each([
  [false, 1],
  [true, 4]
])('iterated %s, a chain of references is followed %i deep', (isIterated, depth) => {
  const items = itemsOf(visits)
  const first = items.slice(0, 1)
  const included = includedWith(first, [include({ isIterated })], selectionOf(items), context)
  expect(included.isCut).toBe(false)
  expect(included.items.map(({ resourceId }) => resourceId)).toEqual(
    visits.slice(1, depth + 1).map(({ id }) => id)
  )
})

test('a circle of references ends, and nothing is in it twice', () => {
  const [one, other] = visits.slice(0, 2) as [Encounter, Encounter]
  const items = itemsOf([one, { ...other, partOf: { reference: `Encounter/${one.id}` } }])
  const included = includedWith(
    items.slice(0, 1),
    [include({ isIterated: true })],
    selectionOf(items),
    context
  )
  expect(included.items.map(({ resourceId }) => resourceId)).toEqual([other.id])
})

test.each([
  [1_000, false],
  [1_001, true]
])('of %i that refer to a match as many as one answer holds are included, cut: %s', (count, isCut) => {
  const results = Array.from(
    { length: count },
    (_, n): Observation => ({
      resourceType: 'Observation',
      id: `result-${n}`,
      status: 'final',
      code: { text: 'result' },
      encounter: { reference: 'Encounter/visit-0' }
    })
  )
  const items = itemsOf([visits[0] as Encounter, ...results])
  const reverse = include({ direction: 'revinclude', sourceType: 'Observation', parameter: 'encounter' })
  const included = includedWith(items.slice(0, 1), [reverse], selectionOf(items), context)
  expect([included.items.length, included.isCut]).toEqual([1_000, isCut])
})
