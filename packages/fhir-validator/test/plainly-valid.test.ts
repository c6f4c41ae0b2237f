import type { Resource } from '@chesil/fhir'
import { validateResource } from '@medplum/core'
import { expect, test } from 'vitest'
import { createDefinitions } from '../src/definitions.ts'
import { isPlainlyValid } from '../src/plainly-valid.ts'
import { mutationsOf } from './mutations.ts'
import { observation, patient, samples } from './samples.ts'

const definitions = createDefinitions()

function isPlain(resource: Resource): boolean {
  const definition = definitions.findType(resource.resourceType)
  return definition !== undefined && isPlainlyValid(resource, definition, definitions)
}

function libraryAccepts(resource: Resource): boolean {
  try {
    return validateResource(resource).every(({ severity }) => severity !== 'error')
  } catch {
    return false
  }
}

test.each(samples)('spares the library a usual $resourceType', (resource) => {
  expect(isPlain(resource)).toBe(true)
})

test.each(samples)('is never content with a $resourceType that the library refuses', (resource) => {
  const mutants = [...mutationsOf(resource)]
  const wrong = mutants.filter(({ mutant }) => isPlain(mutant) && !libraryAccepts(mutant))
  expect(wrong.map(({ path }) => path.join('.'))).toEqual([])
  expect(mutants.length).toBeGreaterThan(1000)
})

test.each([
  [
    'a contained resource',
    { ...observation, contained: [{ resourceType: 'Device', id: 'd', status: 'active' }] }
  ],
  ['a contained thing without a type', { ...observation, contained: [{ id: 'd' }] }],
  [
    'an extension on a primitive',
    { ...patient, _birthDate: { extension: [{ url: 'https://example.org/x', valueCode: 'x' }] } }
  ],
  ['base64', { ...patient, photo: [{ contentType: 'image/png', data: 'AAAA' }] }],
  ['a very long text', { ...observation, note: [{ text: 'x'.repeat(1024 * 1024 + 1) }] }],
  ['a null', { ...patient, name: [{ given: [null, 'Ada'], _given: [{ id: 'x' }, null] }] }],
  ['another type’s property', { ...patient, effectiveDateTime: '2026' }]
])('leaves %s to the library', (_, resource) => {
  expect(isPlain(resource as Resource)).toBe(false)
})
