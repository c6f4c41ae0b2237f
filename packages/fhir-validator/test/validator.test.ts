import type { Resource } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { createValidator } from '../src/index.ts'
import { at, changed, mutationsOf, pathsIn } from './mutations.ts'
import { observation, patient, samples } from './samples.ts'

const { validate } = createValidator()
const judge = (resource: unknown) => validate(resource as Resource)

test('reports the first layer that finds something and no later one', () => {
  const twice = { ...patient, birthDate: '2026-02-30', identifier: [] }
  expect(judge(twice).map(({ layer }) => layer)).toEqual(['definitions'])
  expect(judge({ ...twice, gender: 'F' }).map(({ layer }) => layer)).toEqual(['schema'])
})

test.each([
  ['definitions', { given: [' '] }],
  ['rules', { given: [] }]
])('reports no more than twenty issues of the layer %s', (layer, name) => {
  const issues = judge({ ...patient, name: Array.from({ length: 5_000 }, () => name) })
  expect(issues).toHaveLength(20)
  expect(issues[0]?.layer).toBe(layer)
})

test('says the same however often it is asked', () => {
  const broken = { ...observation, status: undefined }
  const first = judge(broken)
  expect(first).not.toEqual([])
  judge(observation)
  expect(judge(broken)).toEqual(first)
})

test('is not touched by what another validator has read', () => {
  const other = createValidator({ prepare: ['Encounter'] })
  expect(other.validate(observation)).toEqual([])
  expect(judge(observation)).toEqual([])
})

describe('never throws', () => {
  const circular: Record<string, unknown> = { resourceType: 'Patient' }
  circular['link'] = [{ other: circular, type: 'refer' }]
  const bottomless = JSON.parse(
    `{"resourceType":"Patient","extension":${'[{"url":"x","extension":'.repeat(20_000)}[]${'}]'.repeat(20_000)}}`
  )
  const trap = new Proxy(
    { resourceType: 'Patient' },
    {
      ownKeys: () => {
        throw new Error('trap')
      }
    }
  )

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['text', 'Patient'],
    ['a number', 1],
    ['an array', [patient]],
    ['no type', {}],
    ['a type that is not text', { resourceType: ['Patient'] }],
    ['a type that every object has', { resourceType: 'constructor' }],
    ['a type that is a path', { resourceType: '../Patient' }],
    ['a data type in place of a resource', { resourceType: 'HumanName', family: 'x' }],
    ['a part in place of a resource', { resourceType: 'ObservationComponent' }],
    ['a circle', circular],
    ['20,000 extensions in one another', bottomless],
    ['a trap', trap]
  ])('but refuses %s', (_, junk) => {
    expect(judge(junk)).toEqual([expect.objectContaining({ layer: 'schema' })])
  })

  test.each(samples)('whatever becomes of a $resourceType', (resource) => {
    for (const { mutant } of mutationsOf(resource)) expect(Array.isArray(judge(mutant))).toBe(true)
  })
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'refuses %s as a property, wherever it is',
  (name) => {
    const objects = [[], ...pathsIn(observation).filter((path) => isObject(at(observation, path)))]
    const accepted = objects.filter((path) => judge(withProperty(observation, path, name)).length === 0)
    expect(accepted).toEqual([])
  }
)

test('says nothing of what a resource holds, neither values nor names', () => {
  const marker = 'Zebrafinch'
  const told = samples.flatMap((resource) =>
    pathsIn(resource).flatMap((path) => [
      ...judge(changed(resource, path, marker)),
      ...judge(changed(resource, path, { [marker]: marker })),
      ...judge(changed(resource, path, [`${marker}/1`, 1])),
      ...judge(changed(resource, path, { reference: `${marker}/1`, resourceType: marker, url: marker })),
      ...judge(changed(resource, path, { div: `<${marker} ${marker}="${marker}">` }))
    ])
  )
  expect(told.length).toBeGreaterThan(1000)
  expect(told.filter((issue) => JSON.stringify(issue).includes(marker))).toEqual([])
})

test.each([
  [
    'base64',
    {
      ...patient,
      extension: [{ url: 'https://example.org/x', valueBase64Binary: `${'AAAA '.repeat(50_000)}!` }]
    }
  ],
  ['a code', { resourceType: 'Observation', status: 'final', language: `${'a '.repeat(50_000)} ` }],
  [
    'a narrative',
    {
      ...patient,
      text: {
        status: 'generated',
        div: `<div xmlns="http://www.w3.org/1999/xhtml">${'<p title="'.repeat(50_000)}`
      }
    }
  ],
  [
    'spaces in a tag',
    {
      ...patient,
      text: {
        status: 'generated',
        div: `<div xmlns="http://www.w3.org/1999/xhtml"><p${' '.repeat(100_000)}<`
      }
    }
  ],
  [
    'a style',
    {
      ...patient,
      text: {
        status: 'generated',
        div: `<div xmlns="http://www.w3.org/1999/xhtml" style="${'rgb(1)'.repeat(50_000)}(">x</div>`
      }
    }
  ],
  ['a reference', { ...observation, encounter: { reference: `https://${'a/'.repeat(50_000)} ` } }]
])('is not held up by %s made to be slow to match', (_, resource) => {
  const start = performance.now()
  expect(judge(resource)).not.toEqual([])
  expect(performance.now() - start).toBeLessThan(1_000)
})

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Through JSON, which makes even `__proto__` a property of its own. */
function withProperty(resource: Resource, path: readonly (string | number)[], name: string): unknown {
  const marked = path.length === 0 ? { ...resource, MARK: 1 } : changed(resource, [...path, 'MARK'], 1)
  return JSON.parse(JSON.stringify(marked).replace('"MARK"', JSON.stringify(name)))
}
