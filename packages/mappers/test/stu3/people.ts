import { nhsNumber } from '../asking.ts'
import { profile, type Stu3, to } from './elements.ts'

export const patient = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Patient',
  id: 'p1',
  meta: profile('Patient'),
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }],
  name: [{ use: 'official', family: 'O’Brien-Söderström', given: ['Maeve', 'Ann'] }],
  gender: 'female',
  birthDate: '1962-04-09',
  generalPractitioner: [to('Practitioner/dr')],
  managingOrganization: to('Organization/surgery'),
  ...overrides
})

export const practitioner = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Practitioner',
  id: 'dr',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/sds-user-id', value: '111122223333' }],
  name: [{ use: 'usual', family: 'Adeyemi', given: ['Tunde'], prefix: ['Dr'] }],
  ...overrides
})

export const practitionerRole = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'PractitionerRole',
  id: 'role',
  practitioner: to('Practitioner/dr'),
  organization: to('Organization/surgery'),
  code: [
    {
      coding: [
        {
          system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-SDSJobRoleName-1',
          code: 'R0260',
          display: 'General Medical Practitioner'
        }
      ]
    }
  ],
  ...overrides
})

export const organization = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Organization',
  id: 'surgery',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'A81001' }],
  name: 'High Street Surgery',
  telecom: [{ system: 'phone', value: '01202 000000', use: 'work' }],
  address: [{ use: 'work', line: ['1 High Street'], city: 'Poole', postalCode: 'BH15 1AA' }],
  ...overrides
})

export const location = (overrides: Stu3 = {}): Stu3 => ({
  resourceType: 'Location',
  id: 'branch',
  name: 'Harbour Branch',
  address: { line: ['2 Quay'], city: 'Poole' },
  managingOrganization: to('Organization/surgery'),
  ...overrides
})
