import names from '../names.json' with { type: 'json' }
import type { Practice } from '../practices.ts'
import { createRandom, type Random } from '../random.ts'
import { concept, nhsCodeSystem, profiled, referTo, type Stu3Resource } from '../stu3.ts'

/** The practice and those who work there: every patient meets the same people under the same ids. */
export interface Staff {
  readonly organization: Stu3Resource
  readonly location: Stu3Resource
  readonly doctors: readonly Doctor[]
}

export interface Doctor {
  readonly practitioner: Stu3Resource
  readonly role: Stu3Resource
}

/** @param size How many of its doctors are needed, at least 1; the first is the usual GP. */
export function staffOf(practice: Practice, seed: string, size: number): Staff {
  const random = createRandom(`practice ${seed} ${practice.odsCode}`)
  const organization = organizationOf(practice, random)
  return {
    organization,
    location: locationOf(practice, random, organization),
    doctors: Array.from({ length: size }, (_, index) =>
      doctorOf(practice, createRandom(`doctor ${seed} ${practice.odsCode} ${index}`), { organization, index })
    )
  }
}

function organizationOf({ odsCode, name, telephone, address }: Practice, random: Random): Stu3Resource {
  return {
    resourceType: 'Organization',
    id: random.uuid(),
    meta: profiled('CareConnect-GPC-Organization-1'),
    identifier: [{ system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: odsCode }],
    name,
    telecom: [{ system: 'phone', value: telephone, use: 'work' }],
    address: [{ use: 'work', line: address.lines, city: address.city, postalCode: address.postalCode }]
  }
}

function locationOf(
  { name, telephone, address }: Practice,
  random: Random,
  organization: Stu3Resource
): Stu3Resource {
  return {
    resourceType: 'Location',
    id: random.uuid(),
    meta: profiled('CareConnect-GPC-Location-1'),
    status: 'active',
    name,
    telecom: [{ system: 'phone', value: telephone, use: 'work' }],
    address: { line: address.lines, city: address.city, postalCode: address.postalCode },
    managingOrganization: referTo(organization)
  }
}

function doctorOf(
  practice: Practice,
  random: Random,
  { organization, index }: { readonly organization: Stu3Resource; readonly index: number }
): Doctor {
  const gender = random.pick(['female', 'male'] as const)
  const practitioner: Stu3Resource = {
    resourceType: 'Practitioner',
    id: random.uuid(),
    meta: profiled('CareConnect-GPC-Practitioner-1'),
    identifier: [
      { system: 'https://fhir.nhs.uk/Id/sds-user-id', value: `${practice.asid.slice(-6)}${100_000 + index}` }
    ],
    name: [
      {
        use: 'official',
        family: random.pick(names.family),
        given: [random.pick(names[gender])],
        prefix: ['Dr']
      }
    ],
    gender
  }
  const role: Stu3Resource = {
    resourceType: 'PractitionerRole',
    id: random.uuid(),
    meta: profiled('CareConnect-GPC-PractitionerRole-1'),
    practitioner: referTo(practitioner),
    organization: referTo(organization),
    code: [concept(nhsCodeSystem('CareConnect-SDSJobRoleName-1'), 'R0260', 'General Medical Practitioner')]
  }
  return { practitioner, role }
}
