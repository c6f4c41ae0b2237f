import type { Resource } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { createValidator } from '../src/index.ts'
import { allergy, observation, patient } from './samples.ts'

const { validate } = createValidator()

/** As it comes: JSON, not what the types allow. */
const judge = (resource: unknown) => validate(JSON.parse(JSON.stringify(resource)) as Resource)
const text = (div: unknown) => ({ status: 'generated', div })

describe('refuses', () => {
  test.each([
    {
      fault: 'a gender that is no code of FHIR',
      layer: 'schema',
      at: 'Patient.gender',
      in: { ...patient, gender: 'F' }
    },
    {
      fault: 'an id of 65 characters',
      layer: 'schema',
      at: 'Patient.id',
      in: { ...patient, id: 'x'.repeat(65) }
    },
    { fault: 'an id with an underscore', layer: 'schema', at: 'Patient.id', in: { ...patient, id: 'a_b' } },
    {
      fault: 'a dateTime without a time zone',
      layer: 'schema',
      at: 'Observation.effective',
      in: { ...observation, effectiveDateTime: '2026-03-01T09:15:00' }
    },
    {
      fault: 'a property FHIR does not know',
      layer: 'schema',
      at: 'Patient',
      in: { ...patient, ethnicity: 'x' }
    },
    {
      fault: 'text where an extension belongs',
      layer: 'schema',
      at: 'Patient.birthDate',
      in: { ...patient, _birthDate: 'x' }
    },
    {
      fault: 'text where an object belongs',
      layer: 'schema',
      at: 'Patient.name[0]',
      in: { ...patient, name: ['Wren'] }
    },
    {
      fault: 'a narrative that is not text',
      layer: 'schema',
      at: 'Patient.text.div',
      in: { ...patient, text: text({}) }
    },
    {
      fault: 'a type of another standard',
      layer: 'schema',
      at: 'Resource',
      in: { resourceType: 'Project', name: 'x' }
    },
    {
      fault: 'an abstract type',
      layer: 'schema',
      at: 'Resource',
      in: { resourceType: 'DomainResource', id: 'x' }
    },
    {
      fault: 'a contained thing that is no resource',
      layer: 'schema',
      at: 'Patient.contained[0]',
      in: { ...patient, contained: [{ id: 'x' }] }
    },
    {
      fault: 'a contained resource that its own schema refuses',
      layer: 'schema',
      at: 'Patient.contained[0].status',
      in: { ...patient, contained: [{ ...observation, status: 'done' }] }
    }
  ])('$fault, by the schema', ({ in: resource, ...expected }) => {
    expect(judge(resource)).toEqual([
      { layer: expected.layer, expression: expected.at, message: expect.any(String) }
    ])
  })

  test.each([
    {
      fault: 'a missing mandatory element',
      at: 'Observation.status',
      in: { ...observation, status: undefined }
    },
    {
      fault: 'a contact without content (pat-1)',
      at: 'Patient.contact[0]',
      in: { ...patient, contact: [{ gender: 'male' }] }
    },
    {
      fault: 'a value and a reason why there is none (obs-6)',
      at: 'Observation',
      in: { ...observation, dataAbsentReason: { text: 'unknown' } }
    },
    {
      fault: 'an active allergy without clinical status (ait-1)',
      at: 'AllergyIntolerance',
      in: { ...allergy, clinicalStatus: undefined }
    },
    {
      fault: 'control characters',
      at: 'Patient.name[0].family',
      in: { ...patient, name: [{ family: 'a\u0001' }] }
    },
    {
      fault: 'nothing but white space',
      at: 'Patient.name[0].family',
      in: { ...patient, name: [{ family: ' \t' }] }
    },
    {
      fault: 'a day that no calendar has',
      at: 'Patient.birthDate',
      in: { ...patient, birthDate: '2026-02-30' }
    },
    {
      fault: 'an extension without content (ext-1)',
      at: 'Patient.extension[0]',
      in: { ...patient, extension: [{ url: 'https://example.org/x' }] }
    },
    {
      fault: 'a fraction of a positive integer',
      at: 'Patient.contact[0].telecom[0].rank',
      in: { ...patient, contact: [{ telecom: [{ rank: 1.5 }] }] }
    },
    {
      fault: 'an organisation without name and identifier (org-1)',
      at: 'Organization',
      in: { resourceType: 'Organization', active: true }
    },
    {
      fault: 'an invariant broken by a contained resource',
      at: 'Patient.contained[0]',
      in: { ...patient, contained: [{ ...observation, dataAbsentReason: { text: 'unknown' } }] }
    },
    {
      fault: 'a null without an extension beside it',
      at: 'Patient.name[0].given[0]',
      in: { ...patient, name: [{ given: [null, 'Ada'] }] }
    }
  ])('$fault, by the structure definition', ({ in: resource, at: expression }) => {
    const issues = judge(resource)
    expect(issues).toContainEqual({ layer: 'definitions', expression, message: expect.any(String) })
  })
})
