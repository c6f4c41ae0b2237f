import { type Patient, parseNhsNumber, type Resource, systems, ukCoreExtension } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { type PersonIdentity, pdsPatientToPatient, replacedPatient, withoutAddress } from '../../src/index.ts'
import { expectValid } from '../valid.ts'

const number = parseNhsNumber('9990000018')
const formerNumber = parseNhsNumber('9990000026')
const identity: PersonIdentity = {
  patientId: '3f1c9a50-7b2e-4c7e-9d43-000000000001',
  nhsNumber: number,
  oldNhsNumbers: []
}
const verified = {
  url: ukCoreExtension('NHSNumberVerificationStatus'),
  valueCodeableConcept: { coding: [{ system: systems.nhsNumberVerification, code: '01' }] }
}

/** Whatever could tell where she lives says Shingle, whatever else could find her says 01632. */
const pds: Patient = {
  resourceType: 'Patient',
  id: number,
  meta: { versionId: '2', security: [{ code: 'U', display: 'unrestricted' }] },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">1 Shingle Lane</div>' },
  contained: [{ resourceType: 'Organization', id: 'o', address: [{ line: ['2 Shingle Lane'] }] }],
  extension: [
    { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace', valueAddress: { city: 'Shingle' } }
  ],
  identifier: [{ system: systems.nhsNumber, value: number, extension: [verified] }],
  name: [{ use: 'usual', family: 'Weir', given: ['Ada'] }],
  telecom: [{ system: 'phone', value: '01632 960001' }],
  gender: 'female',
  birthDate: '1950-04-21',
  deceasedDateTime: '2026-11-01T00:00:00+00:00',
  address: [{ use: 'home', line: ['1 Shingle Lane'], postalCode: 'ZZ99 3AA' }],
  multipleBirthInteger: 1,
  contact: [{ address: { line: ['3 Shingle Lane'] }, telecom: [{ system: 'phone', value: '01632 960002' }] }],
  photo: [{ title: 'At Shingle Lane' }],
  generalPractitioner: [
    { display: 'Shingle Surgery', identifier: { system: systems.odsOrganisation, value: 'A81001' } }
  ],
  managingOrganization: { display: 'Shingle Surgery' },
  communication: [{ language: { coding: [{ code: 'cy' }] } }],
  maritalStatus: { coding: [{ code: 'W' }] }
}

describe('the person as PDS has them', () => {
  const patient = pdsPatientToPatient(pds, identity)

  test('is valid FHIR, under our own id', () => {
    expectValid(patient)
    expect(patient.id).toBe(identity.patientId)
  })

  test('has what PDS says, as it says it', () => {
    const { extension, name, telecom, gender, birthDate, deceasedDateTime, address } = pds
    expect(patient).toMatchObject({ extension, name, telecom, gender, birthDate, deceasedDateTime, address })
    expect(patient).toMatchObject({ contact: pds.contact, generalPractitioner: pds.generalPractitioner })
  })

  test('has neither the version, the labels nor the narrative of PDS’s own resource', () => {
    const shape = { version: patient.meta?.versionId, security: patient.meta?.security, text: patient.text }
    expect(shape).toEqual({})
    expect(patient.contained).toBeUndefined()
    expect(patient.meta?.tag).toMatchObject([{ code: 'pds' }])
  })

  test('has the number in force as verified by PDS, and the replaced ones as old', () => {
    expect(pdsPatientToPatient(pds, { ...identity, oldNhsNumbers: [formerNumber] }).identifier).toEqual([
      { use: 'official', system: systems.nhsNumber, value: number, extension: [verified] },
      { use: 'old', system: systems.nhsNumber, value: formerNumber }
    ])
  })

  test('has no verification that PDS gave to another number, nor its other identifiers', () => {
    const identifier = [
      { system: systems.nhsNumber, value: formerNumber, extension: [verified] },
      { system: 'https://other.example', value: number, extension: [verified] }
    ]
    expect(pdsPatientToPatient({ ...pds, identifier }, identity).identifier).toEqual([
      { use: 'official', system: systems.nhsNumber, value: number }
    ])
  })

  test('has nothing that PDS did not say', () => {
    expect(Object.keys(pdsPatientToPatient({ resourceType: 'Patient' }, identity))).toEqual([
      'resourceType',
      'id',
      'meta',
      'identifier',
      'active'
    ])
  })

  test.each([true, false])('is dead or alive as PDS says: %s', (deceasedBoolean) => {
    const { deceasedDateTime: _date, ...living } = pds
    expect(pdsPatientToPatient({ ...living, deceasedBoolean }, identity)).toMatchObject({ deceasedBoolean })
  })
})

const kin = {
  resourceType: 'RelatedPerson' as const,
  id: 'k',
  patient: { reference: 'Patient/a' },
  name: [{ family: 'Weir' }],
  telecom: [{ system: 'phone' as const, value: '01632 960000' }],
  address: [{ line: ['1 Shingle Row'] }]
}

describe('while PDS cannot be asked, a person', () => {
  test.each([
    ['as PDS had them', pdsPatientToPatient(pds, identity)],
    ['as a practice has them', { ...pds, link: replacedPatient('a', 'b').link ?? [] }]
  ])('%s has nothing by which they could be found', (_case, patient) => {
    const reduced = withoutAddress(patient)
    expect(JSON.stringify(reduced)).not.toMatch(/Shingle|01632|ZZ99|A81001/)
    expectValid(reduced)
  })

  test('is still known by name, number, sex, birth and death', () => {
    const patient = pdsPatientToPatient(pds, identity)
    const { id, meta, identifier, active, name, gender, birthDate, deceasedDateTime } = patient
    expect(withoutAddress(patient)).toStrictEqual({
      resourceType: 'Patient',
      ...{ id, meta, identifier, active, name, gender, birthDate, deceasedDateTime },
      multipleBirthInteger: 1
    })
  })

  test('keeps the link of a practice’s claim to the person', () => {
    const { link, communication, maritalStatus } = { ...pds, ...replacedPatient('a', 'b') }
    expect(withoutAddress({ ...pds, ...(link && { link }) })).toMatchObject({
      link,
      communication,
      maritalStatus
    })
  })

  test.each<[string, Resource, Resource]>([
    [
      'their next of kin are known by name and as what, and cannot be found either',
      { ...kin, text: { status: 'generated', div: '<div>1 Shingle Row</div>' } },
      { resourceType: 'RelatedPerson', id: 'k', patient: kin.patient, name: kin.name }
    ],
    ['nothing else is changed', { resourceType: 'Basic', code: {} }, { resourceType: 'Basic', code: {} }]
  ])('%s', (_case, resource, reduced) => {
    expect(withoutAddress(resource)).toStrictEqual(reduced)
  })

  test('has lost no more when it is reduced again', () => {
    const reduced = withoutAddress(pdsPatientToPatient(pds, identity))
    expect(withoutAddress(reduced)).toStrictEqual(reduced)
  })
})

test('the id of somebody merged says who they are now, and nothing else of them', () => {
  const merged = replacedPatient('a', 'b')
  expectValid(merged)
  expect(merged).toStrictEqual({
    resourceType: 'Patient',
    id: 'a',
    active: false,
    link: [{ other: { reference: 'Patient/b' }, type: 'replaced-by' }]
  })
})
