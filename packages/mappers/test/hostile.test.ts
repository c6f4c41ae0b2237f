import { createValidator } from '@chesil/fhir-validator'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { documentSearchToContribution, structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, deadReferences, patientId, resourceOf } from './asking.ts'
import { rareElements } from './rare-elements.ts'
import {
  bundle,
  document,
  list,
  observation,
  patient,
  type Stu3,
  searchset,
  to,
  wholeRecord
} from './stu3.ts'

const validator = createValidator()

/** JSON has no such number, and its parser makes one. */
const infinite: unknown = JSON.parse('1e400')

/** Junk of every JSON type, and words that mean something to JavaScript, to FHIR or to a database. */
const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    ...[
      '__proto__',
      'constructor',
      'toString',
      '',
      ' ',
      '\u0000',
      '\ud800',
      'Patient/other',
      '#',
      '/',
      '#28'
    ],
    ...['2026-02-30', '2026-03-10T09:30', 'Observation/o1', 'null', '<script>', '\u00a0', '9449305553']
  ),
  fc.constantFrom(-1, infinite, 1.5, 0, true, null),
  fc.constantFrom(
    { reference: 'Patient/other' },
    [[]],
    [null],
    { __proto__: { reference: 'x' } },
    { coding: 'x' }
  )
)

/** Every place of a value: the object or array that holds it, and its key there. */
function placesIn(value: unknown): [Stu3, string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).flatMap((key) => [
    [value as Stu3, key] as [Stu3, string],
    ...placesIn((value as Stu3)[key])
  ])
}

/** Junk for up to five places of a record; the Patient and the subjects are among them. */
const spoiling = fc.array(fc.tuple(fc.nat(), junk), { minLength: 1, maxLength: 5 })

function spoil(pieces: readonly (readonly [number, unknown])[], isRare: boolean): Stu3 {
  const record = structuredClone(bundle(...(isRare ? rareElements() : wholeRecord())))
  for (const [place, value] of pieces) {
    const places = placesIn(record)
    const [holder, key] = places[place % places.length] ?? []
    if (holder && key) {
      Object.defineProperty(holder, key, { value: structuredClone(value), enumerable: true, writable: true })
    }
  }
  return record
}

const subjectsOf = (resource: object): unknown[] =>
  Object.entries(resource).flatMap(([name, value]) =>
    (name === 'subject' || name === 'patient') && value !== undefined ? [value] : []
  )

test('a record with junk in it is mapped or refused, and nothing of it is about anybody else', () => {
  fc.assert(
    fc.property(spoiling, fc.boolean(), (pieces, isRare) => {
      const mapped = structuredRecordToContribution(spoil(pieces, isRare), asking())
      if (mapped.outcome === 'refused') return
      for (const entry of mapped.contribution.entries) {
        for (const subject of subjectsOf(resourceOf(entry))) {
          expect(subject).toEqual({ reference: `Patient/${patientId}` })
        }
      }
      expect(deadReferences(mapped.contribution)).toEqual([])
    }),
    { numRuns: 200 }
  )
}, 60_000)

test('a record with junk in it maps to valid R4', () => {
  fc.assert(
    fc.property(spoiling, fc.boolean(), (pieces, isRare) => {
      const mapped = structuredRecordToContribution(spoil(pieces, isRare), asking())
      if (mapped.outcome === 'refused') return
      for (const { resource } of mapped.contribution.entries) {
        if (resource) expect(validator.validate(resource)).toEqual([])
      }
    }),
    { numRuns: 200 }
  )
}, 60_000)

test.each([
  undefined,
  null,
  0,
  '',
  'Bundle',
  true,
  [],
  {},
  { resourceType: 'Bundle' },
  [{ resourceType: 'Bundle' }]
])('an answer that is %j is refused', (answer) => {
  expect(structuredRecordToContribution(answer, asking())).toEqual({
    outcome: 'refused',
    reason: 'not-a-record'
  })
  expect(documentSearchToContribution(answer, asking())).toEqual({
    outcome: 'refused',
    reason: 'not-a-record'
  })
})

test('any JSON is mapped or refused, never thrown at the caller', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (entry) => {
      structuredRecordToContribution({ ...bundle(patient()), entry }, asking())
      documentSearchToContribution(
        { ...searchset(patient()), entry: [entry, { resource: patient() }] },
        asking()
      )
    })
  )
})

test('the names of JavaScript’s own objects mean nothing', () => {
  const hostile = JSON.parse(
    '{"__proto__":{"subject":{"reference":"Patient/p1"}},"resourceType":"constructor","id":"__proto__"}'
  )
  const mapped = structuredRecordToContribution(
    bundle(
      patient(),
      hostile,
      observation({ id: '__proto__', status: 'constructor' }),
      list('uncategorised', ['Observation/__proto__', 'toString', '__proto__/constructor'])
    ),
    asking()
  )
  const { entries, quarantined } = contributionOf(mapped)
  expect(entries.map(({ resourceType }) => resourceType)).toEqual(['Patient', 'Observation', 'List'])
  expect(quarantined).toEqual([
    { reason: 'invalid', resourceType: 'Resource', sourceResourceId: 'Resource/__proto__', sections: [] }
  ])
})

test('a resource of absurd depth does not exhaust the stack', () => {
  let item: Stu3 = { linkId: 'deepest' }
  for (let depth = 0; depth < 50_000; depth++) item = { linkId: String(depth), item: [item] }
  const deep = {
    resourceType: 'QuestionnaireResponse',
    subject: to('Patient/p1'),
    status: 'completed',
    item: [item]
  }
  const { entries } = contributionOf(structuredRecordToContribution(bundle(patient(), deep), asking()))
  expect(JSON.stringify(entries.at(-1)?.resource)).toContain('below the twentieth level were not read')
})

test('thousands of links in a circle end', () => {
  const circle = Array.from({ length: 3_000 }, (_, position) =>
    list('topic', [`List/${(position + 1) % 3_000}`], { id: String(position) })
  )
  const { entries } = contributionOf(structuredRecordToContribution(bundle(patient(), ...circle), asking()))
  expect(entries).toHaveLength(3_001)
})

test('thousands of people in one answer cost no more than their number', () => {
  const strangers = Array.from({ length: 2_000 }, (_, position) =>
    document({
      id: `d${position}`,
      subject: to(`Patient/stranger-${position}`),
      custodian: to('Organization/nowhere')
    })
  )
  const mapped = structuredRecordToContribution(bundle(patient(), ...strangers), asking())
  expect(contributionOf(mapped).quarantined).toHaveLength(2_000)
})
