import { sections } from '@chesil/contracts'
import { describe, expect, test } from 'vitest'
import roleTable from '../../src/access/role-table.json' with { type: 'json' }
import {
  findRoleRights,
  mayBeToldOf,
  maySeeType,
  type Role,
  type RoleRights,
  roles
} from '../../src/index.ts'

const toldTo = (mayRead: (type: string) => boolean) =>
  sections.filter((section) => mayBeToldOf(section, mayRead))
const toldToRole = (role: Role) => {
  const [code = ''] = roleTable.roleCodes[role]
  const rights = findRoleRights(code) as RoleRights
  return toldTo((type) => maySeeType(rights, type))
}

describe('how a section stands is told', () => {
  test('to a reader of what it mainly holds, and to no other', () => {
    expect(toldTo((type) => type === 'AllergyIntolerance')).toEqual(['allergies'])
    expect(toldTo((type) => type === 'MedicationRequest')).toEqual([])
    expect(toldTo((type) => type === 'Encounter')).toEqual(['consultations', 'admissions'])
  })

  test('of every section to who reads everything, of none to who reads nothing', () => {
    expect(toldTo(() => true)).toEqual([...sections])
    expect(toldTo(() => false)).toEqual([])
  })

  test('to a role as the role table has it', () => {
    expect(Object.fromEntries(roles.map((role) => [role, toldToRole(role)]))).toEqual({
      clinician: [...sections],
      'social-care-practitioner': [
        'allergies',
        'medications',
        'problems',
        'consultations',
        'referrals',
        'diary',
        'demographics',
        'admissions',
        'services',
        'assessments',
        'people',
        'alerts',
        'about-me'
      ],
      clerical: ['demographics', 'appointments'],
      'data-quality': ['demographics'],
      ops: []
    })
  })
})
