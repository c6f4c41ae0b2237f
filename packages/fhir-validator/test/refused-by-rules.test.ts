import { type Resource, systems, ukCoreProfile } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { createValidator } from '../src/index.ts'
import { allergy, encounterResource, list, medicationRequest, observation, patient } from './samples.ts'

const { validate } = createValidator()

/** As it comes: JSON, not what the types allow. */
const judge = (resource: unknown) => validate(JSON.parse(JSON.stringify(resource)) as Resource)
const text = (div: unknown) => ({ status: 'generated', div })
const divOf = (content: string) => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`

const coded = (system: string, code: string) => ({ coding: [{ system, code }] })
const withSubject = (reference: object) => ({ ...observation, subject: reference })
const foreign = { reference: 'https://trust.example/fhir/Patient/1' }

/** Stands in a Patient and is about it. */
const provenance = {
  resourceType: 'Provenance',
  id: 'p',
  target: [{ reference: '#' }],
  recorded: '2026-01-01T00:00:00Z',
  agent: [{ who: { display: 'x' } }]
}

test.each([
  { fault: 'two types of one value', at: 'Observation.value', in: { ...observation, valueString: 'x' } },
  {
    fault: 'an extension on another type than the value has',
    at: 'Observation.value',
    in: { ...observation, _valueString: { extension: [{ url: 'https://example.org/x', valueCode: 'x' }] } }
  },
  {
    fault: 'a status the schema does not list',
    at: 'MedicationRequest.status',
    in: { ...medicationRequest, status: 'finished' }
  },
  {
    fault: 'a clinical status of no known code',
    at: 'AllergyIntolerance.clinicalStatus',
    in: { ...allergy, clinicalStatus: coded(systems.allergyClinical, 'on') }
  },
  {
    fault: 'a clinical status in words only',
    at: 'AllergyIntolerance.clinicalStatus',
    in: { ...allergy, clinicalStatus: { text: 'active' } }
  },
  {
    fault: 'a clinical status of another code system',
    at: 'AllergyIntolerance.clinicalStatus',
    in: { ...allergy, clinicalStatus: coded(systems.conditionClinical, 'active') }
  },
  { fault: 'an empty array', at: 'Patient.address', in: { ...patient, address: [] } },
  { fault: 'an empty URI', at: 'Patient.meta.source', in: { ...patient, meta: { source: '' } } },
  {
    fault: 'a wrong NHS number',
    at: 'Patient.identifier[0]',
    in: { ...patient, identifier: [{ system: systems.nhsNumber, value: '9990000019' }] }
  },
  {
    fault: 'a spaced NHS number',
    at: 'Patient.identifier[0]',
    in: { ...patient, identifier: [{ system: systems.nhsNumber, value: '999 000 0018' }] }
  },
  {
    fault: 'a wrong NHS number in a logical reference',
    at: 'Observation.subject.identifier',
    in: withSubject({ identifier: { system: systems.nhsNumber, value: '1' } })
  },
  {
    fault: 'a reference to a type that may not stand there',
    at: 'Encounter.serviceProvider',
    in: { ...encounterResource, serviceProvider: { reference: 'Practitioner/1' } }
  },
  {
    fault: 'a reference of a type that may not stand there',
    at: 'Encounter.serviceProvider',
    in: { ...encounterResource, serviceProvider: { type: 'Patient', display: 'x' } }
  },
  {
    fault: 'a reference that says another type',
    at: 'Observation.encounter',
    in: { ...observation, encounter: { reference: 'Encounter/1', type: 'Patient' } }
  },
  {
    fault: 'a reference to a type that does not exist',
    at: 'Observation.performer[0]',
    in: { ...observation, performer: [{ reference: 'Practioner/1' }] }
  },
  {
    fault: 'a reference with a doubled type',
    at: 'Observation.encounter',
    in: { ...observation, encounter: { reference: 'Encounter/Encounter/1' } }
  },
  {
    fault: 'a sentence in place of a reference',
    at: 'Observation.encounter',
    in: { ...observation, encounter: { reference: 'Not supported' } }
  },
  {
    fault: 'a contained resource that is not there (ref-1)',
    at: 'Observation.encounter',
    in: { ...observation, encounter: { reference: '#e' } }
  },
  { fault: 'a person of another server', at: 'Observation.subject', in: withSubject(foreign) },
  {
    fault: 'a person elsewhere, where any resource may stand',
    at: 'List.entry[0].item',
    in: { ...list, entry: [{ item: foreign }] }
  },
  {
    fault: 'somebody by UUID',
    at: 'Observation.subject',
    in: withSubject({ reference: 'urn:uuid:9f6b4a58-1b1a-4b3e-8c60-3c8a5a6f1b2c' })
  },
  {
    fault: 'an old version of a person',
    at: 'Observation.subject',
    in: withSubject({ reference: 'Patient/1/_history/2' })
  },
  {
    fault: 'a contained person',
    at: 'Observation.subject',
    in: {
      ...withSubject({ reference: '#p' }),
      contained: [{ resourceType: 'Patient', id: 'p', active: true }]
    }
  },
  { fault: 'no subject', at: 'Observation', in: { ...observation, subject: undefined } },
  {
    fault: 'a subject of which only the name is known',
    at: 'Observation',
    in: withSubject({ display: 'Wren' })
  },
  {
    fault: 'a group by its identifier',
    at: 'Observation',
    in: withSubject({ type: 'Group', identifier: { system: 'https://ehr.example/id', value: 'x' } })
  },
  { fault: 'a subject that is a place', at: 'Observation', in: withSubject({ reference: 'Location/1' }) },
  {
    fault: 'a UK Core profile of another type',
    at: 'Observation',
    in: { ...observation, meta: { profile: [ukCoreProfile('ObservationX')] } }
  },
  {
    fault: 'an end before its start (per-1)',
    at: 'Encounter.period',
    in: { ...encounterResource, period: { start: '2026-02-01', end: '2026-01-31' } }
  },
  {
    fault: 'a unit code without its system (qty-3)',
    at: 'Encounter.length',
    in: { ...encounterResource, length: { value: 1, code: 'min' } }
  },
  {
    fault: 'a comparator in a simple quantity (sqty-1)',
    at: 'Observation.referenceRange[0].low',
    in: { ...observation, referenceRange: [{ low: { value: 1, comparator: '<' } }] }
  },
  {
    fault: 'a contained resource that nothing names (dom-3)',
    at: 'Patient',
    in: { ...patient, contained: [{ resourceType: 'Practitioner', id: 'p', active: true }] }
  },
  {
    fault: 'a person contained in what is about an organisation',
    at: 'Organization',
    in: {
      resourceType: 'Organization',
      name: 'Example Surgery',
      contained: [{ resourceType: 'Patient', id: 'p', managingOrganization: { reference: '#' } }]
    }
  },
  {
    fault: 'a contained resource without an id',
    at: 'Patient',
    in: { ...patient, contained: [{ ...provenance, id: undefined }] }
  },
  {
    fault: 'contained resources that share an id',
    at: 'Patient',
    in: { ...patient, contained: [provenance, provenance] }
  },
  {
    fault: 'a contained resource of another entry',
    at: 'Bundle.entry[1].resource.target[0]',
    in: {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        { resource: { ...patient, contained: [provenance] } },
        { resource: { ...provenance, target: [{ reference: '#p' }] } }
      ]
    }
  },
  {
    fault: 'a script in the narrative',
    at: 'Patient.text.div',
    in: { ...patient, text: text(divOf('<script>x</script>')) }
  },
  {
    fault: 'data that is not base64',
    at: 'Patient.photo[0].data',
    in: { ...patient, photo: [{ contentType: 'image/png', data: 'A*==' }] }
  }
])('refuses $fault, by our rules', ({ in: resource, at: expression }) => {
  const issues = judge(resource)
  expect(issues).toContainEqual({ layer: 'rules', expression, message: expect.any(String) })
  expect(issues.every(({ layer }) => layer === 'rules')).toBe(true)
})
