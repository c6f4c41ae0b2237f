import { describe, expect, test } from 'vitest'
import roleTable from '../../src/access/role-table.json' with { type: 'json' }
import { findRoleRights, heldTypes, maySeeType, type Role, type RoleRights, roles } from '../../src/index.ts'

const rightsOf = (role: Role): RoleRights => {
  const [code = ''] = roleTable.roleCodes[role]
  return findRoleRights(code) as RoleRights
}
const seen = (role: Role) => heldTypes.filter((type) => maySeeType(rightsOf(role), type))

describe('no rights at all has', () => {
  test.each([
    ['a code that the table does not list', 'R9999'],
    ['no code', ''],
    ['a listed code in other letters', 'r8000'],
    ['a listed code with a space', 'R8000 '],
    ['two codes in one', 'R8000,R8001'],
    ['the name of a role', 'clinician'],
    ['a word that every object knows', 'constructor'],
    ['another', '__proto__']
  ])('%s', (_case, code) => {
    expect(findRoleRights(code)).toBeUndefined()
  })
})

describe('the role table', () => {
  const listed = Object.values(roleTable.roleCodes).flat()

  test('has role codes for every role and for no other', () => {
    expect(Object.keys(roleTable.roleCodes).sort()).toEqual([...roles].sort())
  })

  test('gives a role code one role', () => {
    expect(listed.filter((code, at) => listed.indexOf(code) !== at)).toEqual([])
  })

  test('holds role codes as the NHS writes them', () => {
    expect(listed.filter((code) => !/^R\d{4}$/.test(code))).toEqual([])
  })

  test.each(Object.entries(roleTable.roleCodes))('gives every code of %s that role', (role, codes) => {
    expect(new Set(codes.map((code) => findRoleRights(code)?.role))).toEqual(new Set([role]))
  })

  test.each(Object.entries(roleTable.roles))(
    'names for %s all types, or each one',
    (_role, { resourceTypes }) => {
      expect(resourceTypes === 'all' || Array.isArray(resourceTypes)).toBe(true)
    }
  )
})

describe('what a role may see', () => {
  test('is everything for a clinician', () => {
    expect(seen('clinician')).toEqual(heldTypes)
  })

  test('is a list for a social-care practitioner, without results, documents and consultations’ text', () => {
    const hidden = heldTypes.filter((type) => !seen('social-care-practitioner').includes(type))
    expect(hidden).toEqual([
      'MedicationRequest',
      'Appointment',
      'Procedure',
      'List',
      'Observation',
      'Immunization',
      'DiagnosticReport',
      'Specimen',
      'DocumentReference',
      'Binary',
      'Provenance',
      'HealthcareService'
    ])
  })

  test('is nothing clinical for a clerk', () => {
    expect(seen('clerical')).toEqual([
      'Appointment',
      'Patient',
      'Practitioner',
      'PractitionerRole',
      'Organization',
      'Location'
    ])
  })

  test('is the person alone for data quality, and nothing for operations', () => {
    expect(seen('data-quality')).toEqual(['Patient'])
    expect(seen('ops')).toEqual([])
  })

  test.each<[Role, string[]]>([
    ['clinician', ['NOPAT', 'R', 'safeguarding', 'home-warning', 'substance-misuse']],
    [
      'social-care-practitioner',
      ['NOPAT', 'safeguarding', 'home-warning', 'substance-misuse', 'asylum', 'prison']
    ],
    ['clerical', []],
    ['data-quality', []],
    ['ops', []]
  ])('under a label is, for %s, only %j', (role, labels) => {
    expect([...rightsOf(role).labels]).toEqual(labels)
  })

  test.each<[Role, string[]]>([
    ['clinician', ['TREAT', 'ETREAT', 'CAREMGT', 'COC']],
    ['social-care-practitioner', ['CAREMGT', 'COC', 'TREAT']],
    ['clerical', ['PATADMIN', 'TREAT']],
    ['data-quality', ['HQUALIMP']],
    ['ops', ['HSYSADMIN']]
  ])('is, for %s, for the purposes %j', (role, purposes) => {
    expect([...rightsOf(role).purposes]).toEqual(purposes)
  })
})
