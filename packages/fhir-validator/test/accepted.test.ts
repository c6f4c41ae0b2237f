import { type Resource, systems, ukCoreProfile } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { createValidator } from '../src/index.ts'
import { at, changed, type Path, pathsIn } from './mutations.ts'
import { allergy, observation, patient, samples } from './samples.ts'

const { validate } = createValidator({ prepare: ['Patient', 'Observation'] })
const judge = (resource: unknown) => validate(resource as Resource)

test.each(samples)('accepts a usual $resourceType', (resource) => {
  expect(judge(resource)).toEqual([])
})

describe('accepts', () => {
  test.each([
    {
      what: 'a primitive array padded with null',
      resource: {
        ...patient,
        name: [
          {
            given: [null, 'Ada'],
            _given: [{ extension: [{ url: 'https://example.org/x', valueCode: 'x' }] }, null]
          }
        ]
      }
    },
    {
      what: 'a mandatory element of which only an extension is known',
      resource: {
        ...patient,
        _birthDate: {
          extension: [
            {
              url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime',
              valueDateTime: '1962-02-28T04:00:00Z'
            }
          ]
        }
      }
    },
    { what: 'a leap day', resource: { ...patient, birthDate: '2024-02-29' } },
    { what: 'a leap second', resource: { ...observation, issued: '2016-12-31T23:59:60Z' } },
    {
      what: 'base64 in lines',
      resource: { ...patient, photo: [{ contentType: 'image/png', data: 'AAAA\r\nAAA=' }] }
    },
    {
      what: 'a person by NHS number alone',
      resource: {
        ...observation,
        subject: { identifier: { system: systems.nhsNumber, value: '9990000018' } }
      }
    },
    {
      what: 'a profile derived from UK Core’s',
      resource: {
        ...observation,
        meta: { profile: [`${ukCoreProfile('Observation')}-Lab`, `${ukCoreProfile('Observation')}|2.5.0`] }
      }
    },
    {
      what: 'a clinical status below another',
      resource: {
        ...allergy,
        clinicalStatus: { coding: [{ system: systems.allergyClinical, code: 'resolved' }] }
      }
    },
    {
      what: 'a contained resource that is used',
      resource: {
        ...observation,
        device: { reference: '#d' },
        contained: [{ resourceType: 'Device', id: 'd', status: 'active' }]
      }
    },
    {
      what: 'one that refers to its container',
      resource: {
        ...patient,
        contained: [
          {
            resourceType: 'Provenance',
            id: 'p',
            target: [{ reference: '#' }],
            recorded: '2026-01-01T00:00:00Z',
            agent: [{ who: { display: 'x' } }]
          }
        ]
      }
    },
    {
      what: 'a Bundle of resources, each with its own local ids',
      resource: {
        resourceType: 'Bundle',
        type: 'searchset',
        entry: [
          {
            fullUrl: 'https://record.example/fhir/R4/Patient/1',
            resource: {
              ...patient,
              generalPractitioner: [{ reference: '#gp' }],
              contained: [{ resourceType: 'Practitioner', id: 'gp', active: true }]
            }
          },
          { fullUrl: 'https://record.example/fhir/R4/Observation/2', resource: observation }
        ]
      }
    },
    {
      what: 'a contained resource that does not name its subject',
      resource: {
        ...observation,
        hasMember: [{ reference: '#m' }],
        contained: [{ resourceType: 'Observation', id: 'm', status: 'final', code: { text: 'x' } }]
      }
    },
    {
      what: 'a document of two megabytes',
      resource: { resourceType: 'Binary', contentType: 'application/pdf', data: 'AAAA'.repeat(700_000) }
    },
    { what: 'properties that are undefined', resource: { ...patient, maritalStatus: undefined } }
  ])('$what', ({ resource }) => {
    expect(judge(resource)).toEqual([])
  })
})

/** A resource's id and a narrative's XHTML cannot have extensions. */
const withoutExtensions: ReadonlySet<unknown> = new Set(['resourceType', 'id', 'div'])

function withExtension(resource: Resource, path: Path): Resource[] {
  const extension = [{ url: 'https://example.org/unrelated', valueString: 'x' }]
  const [here, name] = [at(resource, path), path.at(-1)]
  if (path.includes('extension') || withoutExtensions.has(name) || Array.isArray(here)) return []
  if (typeof here === 'object') return [changed(resource, [...path, 'extension'], extension)]
  return typeof name === 'string'
    ? [changed(resource, [...path.slice(0, -1), `_${name}`], { extension })]
    : []
}

test.each(samples)('still accepts a $resourceType with an unrelated extension anywhere', (resource) => {
  const extended = pathsIn(resource).flatMap((path) => withExtension(resource, path))
  expect(extended.filter((variant) => judge(variant).length > 0)).toEqual([])
  expect(extended.length).toBeGreaterThan(20)
})
