import { word } from '../json.ts'
import type { Kind } from './item.ts'
import { toAllergyIntolerance } from './resources/allergy-intolerance.ts'
import { toCondition } from './resources/condition.ts'
import { toDiagnosticReport } from './resources/diagnostic-report.ts'
import { toDocumentReference } from './resources/document-reference.ts'
import { toEncounter } from './resources/encounter.ts'
import { toImmunization } from './resources/immunization.ts'
import { toList } from './resources/list.ts'
import { toMedication } from './resources/medication.ts'
import { toMedicationRequest } from './resources/medication-request.ts'
import { toMedicationStatement } from './resources/medication-statement.ts'
import { toObservation } from './resources/observation.ts'
import { toPatient } from './resources/patient.ts'
import { toHealthcareService, toLocation, toOrganization } from './resources/places.ts'
import { toPractitioner, toPractitionerRole } from './resources/practitioner.ts'
import { toQuestionnaireResponse } from './resources/questionnaire-response.ts'
import {
  procedureRequestToServiceRequest,
  referralRequestToServiceRequest
} from './resources/service-request.ts'
import { toSpecimen } from './resources/specimen.ts'

const clinical = (r4Type: Kind['r4Type'], home: Kind['home'], map: Kind['map']): Kind =>
  home ? { r4Type, role: 'clinical', home, map } : { r4Type, role: 'clinical', map }
const shared = (r4Type: Kind['r4Type'], map: Kind['map']): Kind => ({ r4Type, role: 'shared', map })

/**
 * Every resource type that GP Connect sends, by its STU3 name. `home` is the section of an item that no
 * list reaches, so that it can be withdrawn when that section comes without it.
 */
export const kinds: ReadonlyMap<string, Kind> = new Map([
  ['AllergyIntolerance', clinical('AllergyIntolerance', () => 'allergies', toAllergyIntolerance)],
  ['Condition', clinical('Condition', () => 'problems', toCondition)],
  ['DiagnosticReport', clinical('DiagnosticReport', () => 'investigations', toDiagnosticReport)],
  ['DocumentReference', clinical('DocumentReference', () => 'documents', toDocumentReference)],
  ['Encounter', clinical('Encounter', () => 'consultations', toEncounter)],
  ['Immunization', clinical('Immunization', () => 'immunisations', toImmunization)],
  ['MedicationRequest', clinical('MedicationRequest', () => 'medications', toMedicationRequest)],
  ['MedicationStatement', clinical('MedicationStatement', () => 'medications', toMedicationStatement)],
  ['Observation', clinical('Observation', () => 'uncategorised', toObservation)],
  [
    'ProcedureRequest',
    clinical(
      'ServiceRequest',
      (source) => (word(source['intent']) === 'plan' ? 'diary' : 'investigations'),
      procedureRequestToServiceRequest
    )
  ],
  [
    'QuestionnaireResponse',
    clinical('QuestionnaireResponse', () => 'uncategorised', toQuestionnaireResponse)
  ],
  ['ReferralRequest', clinical('ServiceRequest', () => 'referrals', referralRequestToServiceRequest)],
  ['Specimen', clinical('Specimen', () => 'investigations', toSpecimen)],
  ['List', { r4Type: 'List', role: 'list', map: toList }],
  ['Patient', { r4Type: 'Patient', role: 'patient', map: toPatient }],
  ['HealthcareService', shared('HealthcareService', toHealthcareService)],
  ['Location', shared('Location', toLocation)],
  ['Medication', shared('Medication', toMedication)],
  ['Organization', shared('Organization', toOrganization)],
  ['Practitioner', shared('Practitioner', toPractitioner)],
  ['PractitionerRole', shared('PractitionerRole', toPractitionerRole)]
])
