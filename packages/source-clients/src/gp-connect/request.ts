import { type NhsNumber, systems } from '@chesil/fhir'

/** The two capabilities of a practice that we use; each is a FHIR server of its own below the practice's root. */
export type Capability = 'structured' | 'documents'

/** @see https://developer.nhs.uk/apis/gpconnect-1-6-2/integration_interaction_ids.html */
const interactions = {
  structuredRecord: 'urn:nhs:names:services:gpconnect:fhir:operation:gpc.getstructuredrecord-1',
  findPatient: 'urn:nhs:names:services:gpconnect:documents:fhir:rest:search:patient-1',
  listDocuments: 'urn:nhs:names:services:gpconnect:documents:fhir:rest:search:documentreference-1'
} as const

export interface GpConnectRequest {
  readonly capability: Capability
  readonly interaction: string
  readonly method: 'GET' | 'POST'
  /** Below the capability's root, with its query. */
  readonly path: string
  readonly body?: string
}

/**
 * All nine sections, and nothing that would leave items out. GP Connect forbids narrowing immunisations,
 * medicines or problems while consultations or problems are asked for, so those stand without parts;
 * immunisations that were not given come only to those who ask for nothing else.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_retrieve_patient_record.html
 */
export function toStructuredRecordRequest(nhsNumber: NhsNumber): GpConnectRequest {
  return {
    capability: 'structured',
    interaction: interactions.structuredRecord,
    method: 'POST',
    path: 'Patient/$gpc.getstructuredrecord',
    body: JSON.stringify({
      resourceType: 'Parameters',
      parameter: [
        { name: 'patientNHSNumber', valueIdentifier: { system: systems.nhsNumber, value: nhsNumber } },
        { name: 'includeAllergies', part: [{ name: 'includeResolvedAllergies', valueBoolean: true }] },
        { name: 'includeMedication', part: [{ name: 'includePrescriptionIssues', valueBoolean: true }] },
        { name: 'includeConsultations' },
        { name: 'includeProblems' },
        { name: 'includeImmunisations' },
        { name: 'includeUncategorisedData' },
        { name: 'includeInvestigations' },
        { name: 'includeReferrals' },
        { name: 'includeDiaryEntries' }
      ]
    })
  }
}

/** @see https://developer.nhs.uk/apis/gpconnect-1-6-2/access_documents_use_case_find_a_patient.html */
export function toFindPatientRequest(nhsNumber: NhsNumber): GpConnectRequest {
  const query = new URLSearchParams({ identifier: `${systems.nhsNumber}|${nhsNumber}` })
  return {
    capability: 'documents',
    interaction: interactions.findPatient,
    method: 'GET',
    path: `Patient?${query}`
  }
}

/** What a consumer must send along, for want of which a practice refuses. */
const documentIncludes = new URLSearchParams([
  ['_include', 'DocumentReference:subject:Patient'],
  ['_include', 'DocumentReference:custodian:Organization'],
  ['_include', 'DocumentReference:author:Organization'],
  ['_include', 'DocumentReference:author:Practitioner'],
  ['_revinclude:recurse', 'PractitionerRole:practitioner']
])

/**
 * @param patientId The practice's own; a FHIR id.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/access_documents_development_search_patient_documents.html
 */
export function toListDocumentsRequest(patientId: string): GpConnectRequest {
  return {
    capability: 'documents',
    interaction: interactions.listDocuments,
    method: 'GET',
    path: `Patient/${patientId}/DocumentReference?${documentIncludes}`
  }
}
