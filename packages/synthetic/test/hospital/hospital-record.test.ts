import type { Resource } from '@chesil/fhir'
import { expect, test } from 'vitest'
// Only its tests need the validator; this package does not depend on it.
import { createValidator } from '../../../fhir-validator/src/index.ts'
import { createPeople, createPractices, createTrusts, hospitalRecord, type Trust } from '../../src/index.ts'

const people = createPeople({ seed: 'demo', count: 30, practices: createPractices(5) })
const [trust, other] = createTrusts(2) as [Trust, Trust]
const recordOf = (index: number, options: { seed?: string; trust?: Trust } = {}) =>
  hospitalRecord(people[index] as (typeof people)[number], {
    seed: 'demo',
    asAt: '2026-11-21',
    trust,
    ...options
  })
const all = people.flatMap((_, index) => recordOf(index))

test('every resource is valid', () => {
  const { validate } = createValidator()
  const wrong = all.flatMap((resource) =>
    validate(resource).map((issue) => ({ type: resource.resourceType, ...issue }))
  )
  expect(wrong).toEqual([])
})

test('the same seed makes the same record, another seed or trust another one', () => {
  expect(recordOf(12)).toEqual(recordOf(12))
  const ids = new Set(recordOf(12).map(({ id }) => id))
  for (const changed of [{ seed: 'x' }, { trust: other }])
    expect(recordOf(12, changed).filter(({ id }) => ids.has(id))).toEqual([])
})

test('each resource has an id of its own and says when it changed', () => {
  expect(new Set(all.map(({ resourceType, id }) => `${resourceType}/${id}`)).size).toBe(all.length)
  expect(all.filter(({ meta }) => meta?.lastUpdated === undefined)).toEqual([])
})

test('a record names its own person and its own items only', () => {
  for (const [index] of people.entries()) {
    const record = recordOf(index)
    const known = new Set(record.map(({ resourceType, id }) => `${resourceType}/${id}`))
    const named = [...JSON.stringify(record).matchAll(/"reference":"([^"]+)"/g)].map(([, name]) => name)
    expect(named.filter((name) => !known.has(String(name)))).toEqual([])
  }
})

test('all the types there are to ask for', () => {
  const types = new Set(all.map(({ resourceType }): Resource['resourceType'] => resourceType))
  expect([...types].sort()).toEqual([
    'AllergyIntolerance',
    'Appointment',
    'Condition',
    'DiagnosticReport',
    'DocumentReference',
    'Encounter',
    'MedicationRequest',
    'Observation',
    'Patient',
    'Procedure'
  ])
})
