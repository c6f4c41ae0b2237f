import type { Section } from '@chesil/contracts'

/** The type of which a section of a record mainly is. */
const typeOfSection: Record<Section, string> = {
  allergies: 'AllergyIntolerance',
  medications: 'MedicationStatement',
  problems: 'Condition',
  consultations: 'Encounter',
  immunisations: 'Immunization',
  uncategorised: 'Observation',
  investigations: 'DiagnosticReport',
  referrals: 'ServiceRequest',
  diary: 'ServiceRequest',
  documents: 'DocumentReference',
  demographics: 'Patient',
  admissions: 'Encounter',
  appointments: 'Appointment',
  procedures: 'Procedure',
  services: 'EpisodeOfCare',
  assessments: 'Task',
  people: 'RelatedPerson',
  alerts: 'Flag',
  'about-me': 'QuestionnaireResponse'
}

/**
 * Whether a reader may be told how a section of a source stands. That one is empty tells something too, so it is said
 * only to those who may read what it would hold.
 */
export const mayBeToldOf = (section: Section, mayRead: (resourceType: string) => boolean): boolean =>
  mayRead(typeOfSection[section])
