import type { Contribution, ContributionEntry, QuarantinedItem, Section } from '@chesil/contracts'
import { chesil, type Resource } from '@chesil/fhir'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinContributions } from '../src/index.ts'

function entry(
  type: Resource['resourceType'],
  name: string,
  where: Section[],
  words = name
): ContributionEntry {
  const tags = where.map((code) => ({ system: chesil.section, code }))
  const resource = {
    resourceType: type,
    id: name,
    meta: { tag: [{ system: 'other', code: 'kept' }, ...tags] },
    language: words
  }
  return {
    resourceType: type,
    sourceResourceId: name,
    sections: where,
    resource: resource as Resource
  }
}

const structured = (entries: ContributionEntry[], quarantined: QuarantinedItem[] = []): Contribution => ({
  mode: 'snapshot',
  sections: [{ section: 'consultations', state: 'returned', warnings: [], complete: true }],
  entries,
  quarantined
})
const documents = (entries: ContributionEntry[], quarantined: QuarantinedItem[] = []): Contribution => ({
  mode: 'snapshot',
  sections: [{ section: 'documents', state: 'returned', warnings: [], complete: true }],
  entries,
  quarantined
})

test('speaks for the sections of both', () => {
  const { sections } = joinContributions(structured([]), documents([]))
  expect(sections.map(({ section }) => section)).toEqual(['consultations', 'documents'])
})

test('what both name stands in the sections of both, once', () => {
  const { entries } = joinContributions(
    structured([entry('Practitioner', 'p1|Practitioner/dr', ['consultations', 'allergies'])]),
    documents([entry('Practitioner', 'p1|Practitioner/dr', ['documents'])])
  )
  expect(entries).toHaveLength(1)
  expect(entries[0]?.sections).toEqual(['allergies', 'consultations', 'documents'])
  expect(entries[0]?.resource?.meta?.tag).toEqual([
    { system: 'other', code: 'kept' },
    ...['allergies', 'consultations', 'documents'].map((code) => ({ system: chesil.section, code }))
  ])
})

test.each([
  ['DocumentReference', 'from documents'],
  ['Practitioner', 'from structured']
] as const)('of a %s, the words are those %s', (type, words) => {
  const { entries } = joinContributions(
    structured([entry(type, 'x', ['consultations'], 'from structured')]),
    documents([entry(type, 'x', ['documents'], 'from documents')])
  )
  expect(entries.map(({ resource }) => resource?.language)).toEqual([words])
})

test('what one of them keeps out stays out, and is listed once', () => {
  const refused = {
    reason: 'other-subject',
    resourceType: 'DocumentReference',
    sourceResourceId: 'DocumentReference/1',
    sections: ['consultations']
  } as const
  const joined = joinContributions(
    structured([], [refused]),
    documents(
      [entry('DocumentReference', 'DocumentReference/1', ['documents'])],
      [{ ...refused, sections: ['documents'] }]
    )
  )
  expect(joined.entries).toEqual([])
  expect(joined.quarantined).toHaveLength(1)
})

test('an item kept out for want of an id keeps out no other', () => {
  const nameless = { reason: 'no-subject', resourceType: 'Observation', sections: ['consultations'] } as const
  const joined = joinContributions(
    structured([entry('Observation', 'Observation/1', ['consultations'])], [nameless]),
    documents([])
  )
  expect(joined.entries).toHaveLength(1)
})

test('items without an id are listed each for itself', () => {
  const nameless = { reason: 'no-subject', resourceType: 'List', sections: ['consultations'] } as const
  const joined = joinContributions(structured([], [{ ...nameless }, { ...nameless }]), documents([]))
  expect(joined.quarantined).toHaveLength(2)
})

test('nothing is lost and nothing doubled', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'))
  fc.assert(
    fc.property(names, names, (some, others) => {
      const joined = joinContributions(
        structured(some.map((name) => entry('Observation', name, ['consultations']))),
        documents(others.map((name) => entry('Observation', name, ['documents'])))
      )
      const found = joined.entries.map(({ sourceResourceId }) => sourceResourceId).sort()
      expect(found).toEqual([...new Set([...some, ...others])].sort())
    })
  )
})
