import {
  chesil,
  defined,
  type Identifier,
  type NhsNumber,
  type Patient,
  type RelatedPerson,
  type Resource,
  systems,
  ukCoreProfile
} from '@chesil/fhir'

/** Catalogue id under which what PDS says stands in the record. */
export const pdsSourceId = 'pds'

export interface PersonIdentity {
  readonly patientId: string
  readonly nhsNumber: NhsNumber
  /** Numbers that PDS has replaced; both resolve to this person. */
  readonly oldNhsNumbers: readonly NhsNumber[]
}

/**
 * The person as PDS has them: the one Patient that every item of the record is about. Demographics that a
 * practice holds are claims beside it, and PDS owns death.
 *
 * @param pds PDS's answer, which is UK Core R4 already.
 */
export function pdsPatientToPatient(pds: Patient, identity: PersonIdentity): Patient {
  const { patientId, nhsNumber, oldNhsNumbers } = identity
  const verified = pds.identifier?.find(
    ({ system, value }) => system === systems.nhsNumber && value === nhsNumber
  )
  const official: Identifier = { ...verified, use: 'official', system: systems.nhsNumber, value: nhsNumber }
  const old = oldNhsNumbers.map((value): Identifier => ({ use: 'old', system: systems.nhsNumber, value }))
  return defined({
    resourceType: 'Patient' as const,
    id: patientId,
    meta: {
      profile: [ukCoreProfile('Patient')],
      tag: [{ system: chesil.source, code: pdsSourceId, display: 'Personal Demographics Service' }]
    },
    extension: pds.extension,
    identifier: [official, ...old],
    active: true,
    name: pds.name,
    telecom: pds.telecom,
    gender: pds.gender,
    birthDate: pds.birthDate,
    deceasedBoolean: pds.deceasedBoolean,
    deceasedDateTime: pds.deceasedDateTime,
    address: pds.address,
    multipleBirthBoolean: pds.multipleBirthBoolean,
    multipleBirthInteger: pds.multipleBirthInteger,
    contact: pds.contact,
    generalPractitioner: pds.generalPractitioner
  })
}

/** Whether resources of a type say where a person, or who is close to them, can be found. */
export const holdsAddress = (resourceType: string): boolean =>
  resourceType === 'Patient' || resourceType === 'RelatedPerson'

/**
 * A resource as it may be shown while PDS cannot be asked whether the person has since been restricted: nothing by
 * which they could be found, nor their next of kin, who may live with them.
 */
export function withoutAddress(resource: Resource): Resource {
  if (resource.resourceType === 'Patient') return patientWithoutAddress(resource)
  return resource.resourceType === 'RelatedPerson' ? relativeWithoutAddress(resource) : resource
}

/** It names what stays, because a narrative, a contained organisation or an extension can hold an address too. */
function patientWithoutAddress(patient: Patient): Patient {
  return defined({
    resourceType: 'Patient' as const,
    id: patient.id,
    meta: patient.meta,
    identifier: patient.identifier,
    active: patient.active,
    name: patient.name,
    gender: patient.gender,
    birthDate: patient.birthDate,
    deceasedBoolean: patient.deceasedBoolean,
    deceasedDateTime: patient.deceasedDateTime,
    maritalStatus: patient.maritalStatus,
    multipleBirthBoolean: patient.multipleBirthBoolean,
    multipleBirthInteger: patient.multipleBirthInteger,
    communication: patient.communication,
    link: patient.link
  })
}

function relativeWithoutAddress(relative: RelatedPerson): RelatedPerson {
  return defined({
    resourceType: 'RelatedPerson' as const,
    id: relative.id,
    meta: relative.meta,
    identifier: relative.identifier,
    active: relative.active,
    patient: relative.patient,
    relationship: relative.relationship,
    name: relative.name,
    gender: relative.gender,
    birthDate: relative.birthDate,
    period: relative.period
  })
}

/** The id of a merged person answers with this, so that whoever kept it finds the survivor. */
export function replacedPatient(patientId: string, survivorId: string): Patient {
  return {
    resourceType: 'Patient',
    id: patientId,
    active: false,
    link: [{ other: { reference: `Patient/${survivorId}` }, type: 'replaced-by' }]
  }
}
