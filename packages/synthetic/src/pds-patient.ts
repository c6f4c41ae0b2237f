import { defined, type Patient, systems, ukCoreExtension } from '@chesil/fhir'
import type { Person } from './people.ts'

/** U unrestricted, R restricted, V very restricted; REDACTED is for records that PDS has withdrawn. */
export type Confidentiality = 'U' | 'R' | 'V' | 'REDACTED'

const confidentialityText: Record<Confidentiality, string> = {
  U: 'unrestricted',
  R: 'restricted',
  V: 'very restricted',
  REDACTED: 'redacted'
}

/** What PDS says of a person of that kind. */
export function confidentialityOf({ kind }: Person): Confidentiality {
  if (kind === 'restricted') return 'R'
  if (kind === 'very-restricted') return 'V'
  return kind === 'redacted' ? 'REDACTED' : 'U'
}

/**
 * The person as PDS tells of them: all of it, without where they live and whom they go to (`R`), or
 * nothing but the number (`V`, `REDACTED`). Who has died has no practice any more.
 *
 * @see https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
 */
export function pdsPatient(
  person: Person,
  { confidentiality = confidentialityOf(person), version = 1 } = {}
): Patient {
  const meta = {
    versionId: String(version),
    security: [
      {
        system: systems.confidentiality,
        code: confidentiality,
        display: confidentialityText[confidentiality]
      }
    ]
  }
  const known: Patient = {
    resourceType: 'Patient',
    id: person.nhsNumber,
    identifier: [nhsNumberOf(person)],
    meta
  }
  if (confidentiality === 'V' || confidentiality === 'REDACTED') return known
  const whereabouts = confidentiality === 'U' ? whereaboutsOf(person) : {}
  return { ...known, ...demographicsOf(person), ...whereabouts }
}

function demographicsOf({ name, gender, birthDate, deathDate }: Person): Partial<Patient> {
  return defined({
    name: [
      {
        id: 'name1',
        use: 'usual' as const,
        period: { start: birthDate },
        family: name.family,
        given: [...name.given],
        ...(name.prefix !== undefined && { prefix: [name.prefix] })
      }
    ],
    gender,
    birthDate,
    deceasedDateTime: deathDate && `${deathDate}T00:00:00+00:00`,
    extension: deathDate === undefined ? undefined : [deathNotification(deathDate), removal(deathDate)]
  })
}

function whereaboutsOf(person: Person): Partial<Patient> {
  const { address, practice, deathDate } = person
  const registered = {
    id: 'gp1',
    type: 'Organization' as const,
    identifier: { system: systems.odsOrganisation, value: practice, period: { start: person.birthDate } }
  }
  return defined({
    address: address && [
      {
        id: 'address1',
        use: 'home' as const,
        period: { start: person.birthDate },
        line: [...address.lines, address.city],
        postalCode: address.postalCode
      }
    ],
    telecom: telecomOf(person),
    generalPractitioner: deathDate === undefined ? [registered] : undefined
  })
}

function telecomOf({ telephone, email, birthDate }: Person): Patient['telecom'] {
  const period = { start: birthDate }
  const phone =
    telephone === undefined ? [] : [{ id: 'phone1', period, system: 'phone', value: telephone, use: 'home' }]
  const mail =
    email === undefined ? [] : [{ id: 'email1', period, system: 'email', value: email, use: 'home' }]
  return [...phone, ...mail] as NonNullable<Patient['telecom']>
}

const nhsNumberOf = ({ nhsNumber }: Person) => ({
  extension: [
    {
      url: ukCoreExtension('NHSNumberVerificationStatus'),
      valueCodeableConcept: {
        coding: [
          { system: systems.nhsNumberVerification, code: '01', display: 'Number present and verified' }
        ]
      }
    }
  ],
  system: systems.nhsNumber,
  value: nhsNumber
})

const deathNotification = (deathDate: string) => ({
  url: ukCoreExtension('DeathNotificationStatus'),
  extension: [
    {
      url: 'deathNotificationStatus',
      valueCodeableConcept: {
        coding: [
          {
            system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-DeathNotificationStatus',
            code: '2',
            display: 'Formal - death notice received from Registrar of Deaths'
          }
        ]
      }
    },
    { url: 'systemEffectiveDate', valueDateTime: `${deathDate}T00:00:00+00:00` }
  ]
})

const removal = (deathDate: string) => ({
  url: 'https://fhir.nhs.uk/StructureDefinition/Extension-PDS-RemovalFromRegistration',
  extension: [
    {
      url: 'removalFromRegistrationCode',
      valueCodeableConcept: {
        coding: [
          {
            system: 'https://fhir.nhs.uk/CodeSystem/PDS-RemovalReasonExitCode',
            code: 'DEA',
            display: 'Death'
          }
        ]
      }
    },
    { url: 'effectiveTime', valuePeriod: { start: `${deathDate}T00:00:00+00:00` } }
  ]
})
