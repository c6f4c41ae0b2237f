import type { Person } from '../people.ts'
import { concept, gpcExtension, nhsCodeSystem, profiled, referTo, type Stu3Resource } from '../stu3.ts'
import type { Staff } from './staff.ts'

/** The person as their practice knows them. */
export function patientOf(
  person: Person,
  { organization, location, doctors }: Staff,
  id: string
): Stu3Resource {
  const { name, address, telephone, email } = person
  return {
    resourceType: 'Patient',
    id,
    meta: profiled('CareConnect-GPC-Patient-1'),
    extension: [
      {
        url: gpcExtension('RegistrationDetails'),
        extension: [
          { url: 'registrationPeriod', valuePeriod: { start: `${person.birthDate}T00:00:00+00:00` } },
          { url: 'preferredBranchSurgery', valueReference: referTo(location) }
        ]
      }
    ],
    identifier: [nhsNumberOf(person)],
    active: true,
    name: [
      {
        use: 'official',
        family: name.family,
        given: name.given,
        ...(name.prefix !== undefined && { prefix: [name.prefix] })
      }
    ],
    telecom: [
      ...(telephone === undefined ? [] : [{ system: 'phone', value: telephone, use: 'home' }]),
      ...(email === undefined ? [] : [{ system: 'email', value: email, use: 'home' }])
    ],
    gender: person.gender,
    birthDate: person.birthDate,
    ...(address && {
      address: [
        {
          use: 'home',
          type: 'physical',
          line: address.lines,
          city: address.city,
          postalCode: address.postalCode
        }
      ]
    }),
    generalPractitioner: doctors.slice(0, 1).map(({ practitioner }) => referTo(practitioner)),
    managingOrganization: referTo(organization)
  }
}

const nhsNumberOf = ({ nhsNumber }: Person) => ({
  extension: [
    {
      url: gpcExtension('NHSNumberVerificationStatus'),
      valueCodeableConcept: concept(
        nhsCodeSystem('CareConnect-NHSNumberVerificationStatus-1'),
        '01',
        'Number present and verified'
      )
    }
  ],
  system: 'https://fhir.nhs.uk/Id/nhs-number',
  value: nhsNumber
})
