import type { Resource } from '@chesil/fhir'
import { evalFhirPath } from '@medplum/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { indexResource, matches, parseSearch, type Searchable } from '../../src/index.ts'

const baseUrl = 'https://care.example/fhir'
const entryOf = (resource: object): Searchable => ({
  resourceType: (resource as Resource).resourceType,
  resourceId: 'a',
  lastUpdated: 0,
  index: indexResource(resource as Resource, []),
  readResource: () => resource as Resource
})
const finds = (resource: { resourceType: string }, name: string, value: string) =>
  matches(entryOf(resource), parseSearch(resource.resourceType, [[name, value]], 'strict', baseUrl))
const observation = (rest: object) => ({ resourceType: 'Observation', ...rest })

describe('a string finds what begins so', () => {
  const practitioner = { resourceType: 'Practitioner', name: [{ family: 'Ó Súilleabháin', given: ['Zoë'] }] }
  test.each<[string, string, boolean]>([
    ['family', 'O SUI', true],
    ['family', 'Ó  Súil', true],
    ['family', 'Suil', false],
    ['name', 'zoe', true],
    ['family:contains', 'suil', true],
    ['family:exact', 'Ó Súilleabháin', true],
    ['family:exact', 'O Suilleabhain', false]
  ])('%s=%s: %s', (name, value, found) => {
    expect(finds(practitioner, name, value)).toBe(found)
  })
})

describe('a reference finds what it names', () => {
  const local = observation({ encounter: { reference: 'Encounter/e1' } })
  const logical = observation({
    performer: [{ identifier: { system: 'urn:ods', value: 'A1' } }, { reference: 'Practitioner/e1' }]
  })
  test.each<[object, string, string, boolean]>([
    [local, 'encounter', 'Encounter/e1', true],
    [local, 'encounter', 'e1', true],
    [local, 'encounter', `${baseUrl}/Encounter/e1`, true],
    [local, 'encounter', 'https://elsewhere.example/Encounter/e1', false],
    [local, 'encounter', '1', false],
    [local, 'encounter', 'Patient/e1', false],
    [local, 'encounter:Encounter', 'e1', true],
    [local, 'encounter:Patient', 'e1', false],
    [local, 'encounter:missing', 'false', true],
    [local, 'performer:missing', 'true', true],
    [logical, 'performer:identifier', 'urn:ods|A1', true],
    [logical, 'performer:identifier', 'A1', true],
    [logical, 'performer:identifier', 'urn:other|A1', false]
  ])('%o %s=%s: %s', (resource, name, value, found) => {
    expect(finds(resource as Resource, name, value)).toBe(found)
  })

  test('of the one type that is meant', () => {
    const booking = (reference: string) => ({
      resourceType: 'Appointment',
      participant: [{ actor: { reference } }]
    })
    expect(finds(booking('Location/a'), 'location', 'a')).toBe(true)
    expect(finds(booking('Practitioner/a'), 'location', 'a')).toBe(false)
  })
})

describe('a quantity is as wide as it was written', () => {
  const weight = (valueQuantity: object) => observation({ valueQuantity })
  const kg = { system: 'http://unitsofmeasure.org', code: 'kg', unit: 'kilos' }
  test.each<[object, string, boolean]>([
    [{ value: 5.44 }, '5.4', true],
    [{ value: 5.45 }, '5.4', false],
    [{ value: 5.35 }, '5.4', true],
    [{ value: 5.44 }, '5.40', false],
    [{ value: 100.4 }, '100', true],
    [{ value: 149 }, '1e2', true],
    [{ value: 5.44 }, 'ne5.4', false],
    [{ value: 5.41 }, 'gt5.4', true],
    [{ value: 5.4 }, 'gt5.4', false],
    [{ value: 5.36 }, 'ge5.4', true],
    [{ value: -2 }, 'lt-1', true],
    [{ value: 5.36 }, 'sa5.4', false],
    [{ value: 5.5 }, 'sa5.4', true],
    [{ value: 5.3 }, 'eb5.4', true],
    [{ value: 109 }, 'ap100', true],
    [{ value: 111 }, 'ap100', false],
    [{ value: 5, comparator: '<' }, 'lt2', true],
    [{ value: 5, comparator: '<' }, '5', false],
    [{ value: 5, comparator: '<' }, 'gt5', false],
    [{ value: 5, comparator: '<' }, 'ge5', false],
    [{ value: 5, comparator: '>=' }, 'gt900', true],
    [{ value: 70, ...kg }, '70|http://unitsofmeasure.org|kg', true],
    [{ value: 70, ...kg }, '70||kg', true],
    [{ value: 70, ...kg }, '70||kilos', true],
    [{ value: 70, ...kg }, '70||g', false],
    [{ value: 70, ...kg }, '70|urn:other|kg', false]
  ])('%o is %s: %s', (quantity, value, found) => {
    expect(finds(weight(quantity), 'value-quantity', value)).toBe(found)
  })

  test.each(['five', '', '5|a|b|c', '5.', 'gt', '1e999', '12345678901234567'])('%s is refused', (value) => {
    expect(() => finds(weight({ value: 5 }), 'value-quantity', value)).toThrow(
      'Search parameter value-quantity'
    )
  })
})

describe('of every type', () => {
  const labelled = observation({
    meta: {
      profile: ['https://a.example/StructureDefinition/B'],
      source: 'urn:gp:1',
      security: [{ system: 'urn:labels', code: 'R' }],
      tag: [{ code: 'former' }]
    },
    code: { text: 'Body weight', coding: [{ code: '1', display: 'Weight of body' }] },
    category: [{ text: 'Vital signs' }]
  })
  test.each<[string, string, boolean]>([
    ['_security', 'urn:labels|R', true],
    ['_security', 'V', false],
    ['_security:not', 'R', false],
    ['_tag', 'former', true],
    ['_source', 'urn:gp:1', true],
    ['_profile', 'https://a.example/StructureDefinition/B', true],
    ['_profile:below', 'https://a.example/', true],
    ['_profile:above', 'https://a.example/StructureDefinition/B/C', true],
    ['_profile', 'https://a.example/StructureDefinition', false],
    ['code:not', '1', false],
    ['code:not', '2', true],
    ['status:not', 'final', true],
    ['code:text', 'body', true],
    ['code:text', 'weight of', true],
    ['code:text', 'of', false],
    ['category:missing', 'false', true],
    ['method:missing', 'true', true],
    ['method:missing', 'false', false],
    ['date:missing', 'true', true],
    ['_lastUpdated:missing', 'true', false]
  ])('%s=%s: %s', (name, value, found) => {
    expect(finds(labelled, name, value)).toBe(found)
  })
})

describe('what is found is what FHIRPath finds', () => {
  const few = fc.constantFrom('a', 'b', 'c')
  const concept = fc.record({
    coding: fc.array(fc.record({ system: fc.constantFrom('urn:x', 'urn:y'), code: few }), { maxLength: 2 })
  })
  const optional = fc.record(
    {
      code: concept,
      method: concept,
      status: fc.constantFrom('final', 'amended'),
      encounter: fc.record({ reference: few.map((id) => `Encounter/${id}`) }),
      performer: fc.array(fc.record({ reference: few.map((id) => `Practitioner/${id}`) }), { maxLength: 2 }),
      effectiveDateTime: fc.constantFrom('2026-01-01T10:00:00Z', '2026-01-02T10:00:00Z'),
      valueQuantity: fc.record({ value: fc.integer({ min: -30, max: 30 }).map((tenths) => tenths / 10) }),
      component: fc.array(
        fc.record({
          code: concept,
          valueQuantity: fc.record({ value: fc.integer({ min: -3, max: 3 }) })
        }),
        { maxLength: 2 }
      )
    },
    { requiredKeys: [] }
  )

  test.each<[string, fc.Arbitrary<string>, (value: string) => string]>([
    ['code', few, (code) => `code.coding.where(code = '${code}').exists()`],
    [
      'method',
      few.map((code) => `urn:x|${code}`),
      (value) => `method.coding.where(system = 'urn:x' and code = '${value.slice(6)}').exists()`
    ],
    ['method:not', few, (code) => `method.coding.where(code = '${code}').exists().not()`],
    ['combo-code', few, (code) => `(code | component.code).coding.where(code = '${code}').exists()`],
    ['status', fc.constantFrom('final', 'amended'), (code) => `status = '${code}'`],
    ['encounter', few, (id) => `encounter.where(reference = 'Encounter/${id}').exists()`],
    ['performer', few, (id) => `performer.where(reference = 'Practitioner/${id}').exists()`],
    ['performer:missing', fc.constant('true'), () => 'performer.exists().not()'],
    ['date', fc.constant('ge2026-01-02'), () => `effectiveDateTime = '2026-01-02T10:00:00Z'`],
    [
      'value-quantity',
      fc.integer({ min: -3, max: 3 }).map((n) => `gt${n}`),
      (value) => `valueQuantity.value > ${value.slice(2)}`
    ],
    [
      'combo-value-quantity',
      fc.constantFrom('0', '1', '2'),
      (n) =>
        `(valueQuantity | component.valueQuantity).where(value >= ${Number(n) - 0.5} and value < ${Number(n) + 0.5}).exists()`
    ]
  ])('%s', (name, values, path) => {
    fc.assert(
      fc.property(optional, values, (rest, value) => {
        const resource = JSON.parse(JSON.stringify(observation(rest)))
        const [expected = false] = evalFhirPath(path(value), resource as never)
        expect(finds(resource, name, value)).toBe(expected)
      })
    )
  })
})

describe('a date that occurs several times is each of them, and nothing between', () => {
  const allergy = {
    resourceType: 'AllergyIntolerance',
    reaction: [{ onset: '2018-05-01' }, { onset: '2022-06-01' }]
  }
  test.each<[string, boolean]>([
    ['2018', true],
    ['2022', true],
    ['ge2022', true],
    ['2020', false],
    ['ap2020', false],
    ['lt2018', false]
  ])('onset=%s: %s', (value, found) => {
    expect(finds(allergy, 'onset', value)).toBe(found)
  })
})

describe('one of FHIR’s own codes is found under its system, which no element names', () => {
  const status = 'http://hl7.org/fhir/observation-status'
  test.each<[string, string, boolean]>([
    ['status', `${status}|entered-in-error`, true],
    ['status:not', `${status}|entered-in-error`, false],
    ['status', `${status}|final`, false],
    ['status', '|entered-in-error', true],
    ['status', 'urn:own|entered-in-error', false],
    ['identifier', 'http://hl7.org/fhir/sid/us-ssn|1', false]
  ])('%s=%s: %s', (name, value, found) => {
    const wrong = observation({ status: 'entered-in-error', identifier: [{ value: '1' }] })
    expect(finds(wrong, name, value)).toBe(found)
  })
})

describe('a medicine that an order contains is its code', () => {
  const order = {
    resourceType: 'MedicationRequest',
    contained: [
      {
        resourceType: 'Medication',
        id: 'm',
        code: {
          coding: [{ system: 'https://dmd.nhs.uk', code: '375374009', display: 'Warfarin 1mg tablets' }]
        }
      }
    ],
    medicationReference: { reference: '#m', display: 'Warfarin' }
  }
  test.each<[string, string, boolean]>([
    ['code', '375374009', true],
    ['code', 'https://dmd.nhs.uk|375374009', true],
    ['code:not', '375374009', false],
    ['code:text', 'warfarin 1mg', true],
    ['code:missing', 'true', false],
    ['code', '1', false]
  ])('%s=%s: %s', (name, value, found) => {
    expect(finds(order, name, value)).toBe(found)
  })
})

test('an entry is parsed once, however much is asked of it', () => {
  const entry = entryOf(observation({ identifier: [{ value: '1' }], note: [{ text: 'n' }] }))
  let parsed = 0
  const counted = { ...entry, readResource: () => [parsed++, entry.readResource()][1] as Resource }
  const asked = Array.from({ length: 20 }, (_, n): [string, string] => ['identifier:not', `x${n}`])
  expect(matches(counted, parseSearch('Observation', asked, 'strict', baseUrl))).toBe(true)
  expect(parsed).toBe(1)
})
