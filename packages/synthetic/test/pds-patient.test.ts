import { describe, expect, test } from 'vitest'
import { createPeople, createPractices, type Person, type PersonKind, pdsPatient } from '../src/index.ts'

const people = createPeople({ seed: 'demo', count: 1, practices: createPractices(3) })
const one = (kind: PersonKind) => people.find((person) => person.kind === kind) as Person

describe('PDS tells', () => {
  test('all of an ordinary person', () => {
    const person = one('ordinary')
    expect(pdsPatient(person)).toMatchObject({
      resourceType: 'Patient',
      id: person.nhsNumber,
      identifier: [
        { value: person.nhsNumber, extension: [{ valueCodeableConcept: { coding: [{ code: '01' }] } }] }
      ],
      meta: { versionId: '1', security: [{ code: 'U', display: 'unrestricted' }] },
      name: [{ use: 'usual', family: person.name.family }],
      gender: person.gender,
      birthDate: person.birthDate,
      address: [{ use: 'home', postalCode: person.address?.postalCode }],
      generalPractitioner: [{ type: 'Organization', identifier: { value: person.practice } }]
    })
  })

  test('neither where a restricted person lives nor whom they go to', () => {
    const patient = pdsPatient(one('restricted'))
    expect(patient.meta?.security?.[0]?.code).toBe('R')
    expect(patient.name).toBeDefined()
    for (const element of ['address', 'telecom', 'generalPractitioner', 'contact'] as const) {
      expect(patient[element]).toBeUndefined()
    }
  })

  test.each([
    { kind: 'very-restricted', code: 'V' },
    { kind: 'redacted', code: 'REDACTED' }
  ] as const)('nothing but the number of a $kind person', ({ kind, code }) => {
    const patient = pdsPatient(one(kind))
    expect(Object.keys(patient).sort()).toEqual(['id', 'identifier', 'meta', 'resourceType'])
    expect(patient.meta?.security?.[0]?.code).toBe(code)
  })

  test('the present number of a superseded person and never the former one', () => {
    const person = one('superseded')
    expect(pdsPatient(person).id).toBe(person.nhsNumber)
    expect(JSON.stringify(pdsPatient(person))).not.toContain(person.formerNhsNumbers[0])
  })

  test('when a person died, by whom it was told, and that they left their practice', () => {
    const patient = pdsPatient(one('deceased'))
    expect(patient.deceasedDateTime).toBe('2025-03-14T00:00:00+00:00')
    expect(patient.generalPractitioner).toBeUndefined()
    expect(JSON.stringify(patient.extension)).toMatch(
      /DeathNotificationStatus.*"code":"2".*RemovalFromRegistration.*DEA/
    )
  })

  test('a confidentiality that is given in place of the person’s own', () => {
    expect(pdsPatient(one('ordinary'), { confidentiality: 'V', version: 7 }).meta).toMatchObject({
      versionId: '7',
      security: [{ code: 'V' }]
    })
  })

  test.each(['objecting', 'dissenting', 'safeguarding'] as const)(
    'nothing particular of a person %s',
    (kind) => {
      expect(pdsPatient(one(kind)).meta?.security?.[0]?.code).toBe('U')
      expect(pdsPatient(one(kind)).extension).toBeUndefined()
    }
  )
})
