import { gpSections, type Section, type Source } from '@chesil/contracts'
import type { SourceStatement } from '../completeness/source-statement.ts'

/** A source's part in an answer, and the sections of which it is expected to tell everything. */
export interface Speaker {
  readonly statement: SourceStatement
  readonly sections: ReadonlySet<Section>
}

const sectionsOfTypes: Readonly<Record<string, Section>> = {
  AllergyIntolerance: 'allergies',
  Appointment: 'appointments',
  Condition: 'problems',
  DiagnosticReport: 'investigations',
  DocumentReference: 'documents',
  Encounter: 'admissions',
  Immunization: 'immunisations',
  MedicationRequest: 'medications',
  MedicationStatement: 'medications',
  Observation: 'investigations',
  Procedure: 'procedures',
  ServiceRequest: 'referrals'
}

/**
 * The sections for which a source speaks whole, by its kind: without its answer nobody can say that there is
 * nothing. A source that sends tells of what happens there and speaks whole of nothing.
 *
 * @param source Absent for a practice that PDS names and that is not connected.
 */
export function sectionsSpokenFor(source: Source | undefined): ReadonlySet<Section> {
  if (!source || source.kind === 'gp-connect') return new Set(gpSections)
  if (source.kind === 'fhir-r4') return new Set(source.types.flatMap((type) => sectionsOfTypes[type] ?? []))
  if (source.kind === 'council-api') return new Set(['services', 'assessments', 'people', 'alerts'])
  return source.kind === 'cld' ? new Set(['services', 'assessments']) : new Set()
}

/** The sources that speak for one of the sections, as they are shown to have answered. */
export const speakersOf = (speakers: readonly Speaker[], of: readonly Section[]): readonly Speaker[] =>
  speakers.filter(
    ({ statement, sections }) =>
      statement.relation !== 'former' && of.some((section) => sections.has(section))
  )
