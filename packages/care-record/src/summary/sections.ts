import { type Coding, chesil, systems } from '@chesil/fhir'
import { resuscitationIn } from '../reconcile/resuscitation.ts'
import type { SectionDefinition } from './section-definition.ts'
import {
  currentAndPast,
  habits,
  hasCategory,
  hasCode,
  isMedicine,
  isObservation,
  isRecent,
  ofType,
  pregnancy
} from './section-parts.ts'

const loinc = (code: string, display: string): Coding => ({ system: systems.loinc, code, display })
const ours = (code: string, display: string): Coding => ({ system: chesil.summarySection, code, display })

/**
 * The sections of a summary in their order: those of IPS under their LOINC codes, those of a UK shared record beside
 * them. An item stands in the first that takes it.
 *
 * @see https://hl7.org/fhir/uv/ips/STU1.1/StructureDefinition-Composition-uv-ips.html
 * @see https://theprsb.org/standards/coreinformationstandard/
 */
export const summarySections: readonly SectionDefinition[] = [
  {
    title: 'Alerts, risks, reasonable adjustments and safeguarding',
    code: ours('alerts', 'Alerts and risks'),
    of: ['alerts'],
    types: ['Flag'],
    parts: [
      // First, and never left out for its number.
      { title: 'Resuscitation', takes: ({ resource }) => resuscitationIn(resource).size > 0 },
      ...currentAndPast(ofType('Flag'), ['Current alerts', 'Past alerts'], 10)
    ]
  },
  {
    title: 'Allergies and adverse reactions',
    code: loinc('48765-2', 'Allergies and adverse reactions Document'),
    of: ['allergies'],
    types: ['AllergyIntolerance'],
    required: 'allergies',
    parts: currentAndPast(ofType('AllergyIntolerance'), ['Active allergies', 'Ended allergies'])
  },
  {
    title: 'Medicines',
    code: loinc('10160-0', 'History of Medication use Narrative'),
    of: ['medications'],
    types: ['MedicationStatement', 'MedicationRequest'],
    required: 'medications',
    parts: [
      { title: 'Current medicines', takes: (item, isOver) => !isOver && isMedicine(item) && !isRecent(item) },
      { title: 'Issued in the last twelve months, end not recorded', takes: isRecent },
      { title: 'Past medicines', takes: isMedicine, limit: 20 }
    ]
  },
  {
    title: 'Problems',
    code: loinc('11450-4', 'Problem list - Reported'),
    of: ['problems'],
    types: ['Condition'],
    required: 'problems',
    parts: [{ title: 'Active problems', takes: (item, isOver) => !isOver && ofType('Condition')(item) }]
  },
  {
    title: 'Care services and equipment',
    code: ours('services', 'Care services and equipment'),
    of: ['services'],
    types: ['EpisodeOfCare', 'Device'],
    parts: currentAndPast(
      ofType('EpisodeOfCare', 'Device'),
      ['Current services and equipment', 'Past services'],
      10
    )
  },
  {
    title: 'Care and support plans',
    code: loinc('18776-5', 'Plan of care note'),
    of: ['assessments'],
    types: ['CarePlan'],
    parts: currentAndPast(ofType('CarePlan'), ['Current plans', 'Past plans'], 5)
  },
  {
    title: 'Assessments and reviews',
    code: ours('assessments', 'Assessments and reviews'),
    of: ['assessments'],
    types: ['Task'],
    parts: currentAndPast(ofType('Task'), ['Due or under way', 'Done or not done'], 10)
  },
  {
    title: 'People and contacts',
    code: ours('people', 'People and contacts'),
    of: ['people'],
    types: ['RelatedPerson', 'CareTeam'],
    parts: currentAndPast(ofType('RelatedPerson', 'CareTeam'), ['People and teams', 'Former'], 10)
  },
  {
    title: 'Consultations, admissions and attendances',
    code: ours('encounters', 'Consultations and admissions'),
    of: ['consultations', 'admissions'],
    types: ['Encounter'],
    parts: [{ title: 'Latest contacts', takes: ofType('Encounter'), limit: 10 }]
  },
  {
    title: 'Referrals and appointments',
    code: ours('appointments', 'Referrals and appointments'),
    of: ['referrals', 'diary', 'appointments'],
    types: ['Appointment', 'ServiceRequest'],
    parts: currentAndPast(ofType('Appointment', 'ServiceRequest'), ['To come, or open', 'Past'], 10)
  },
  {
    title: 'Immunisations',
    code: loinc('11369-6', 'History of Immunization note'),
    of: ['immunisations'],
    types: ['Immunization'],
    parts: [{ title: 'Immunisations', takes: ofType('Immunization') }]
  },
  {
    title: 'Procedures',
    code: loinc('47519-4', 'History of Procedures Document'),
    of: ['procedures'],
    types: ['Procedure'],
    parts: [{ title: 'Procedures', takes: ofType('Procedure'), limit: 50 }]
  },
  {
    title: 'Pregnancy',
    code: loinc('10162-6', 'History of pregnancies Narrative'),
    of: ['uncategorised'],
    types: ['Observation'],
    isOptional: true,
    parts: [{ title: 'Pregnancy', takes: (item) => hasCode(item, pregnancy), limit: 10 }]
  },
  {
    title: 'Social history',
    code: loinc('29762-2', 'Social history note'),
    of: ['uncategorised'],
    types: ['Observation'],
    isOptional: true,
    parts: [
      {
        title: 'Social history',
        takes: (item) => hasCode(item, habits) || hasCategory(item, 'social-history'),
        limit: 20,
        isLatestByCode: true
      }
    ]
  },
  {
    title: 'Results',
    code: loinc('30954-2', 'Relevant diagnostic tests/laboratory data note'),
    of: ['investigations'],
    types: ['Observation', 'DiagnosticReport'],
    parts: [
      {
        title: 'Latest results',
        takes: (item) =>
          isObservation(item) &&
          (item.sections.includes('investigations') || hasCategory(item, 'laboratory')),
        limit: 40,
        isLatestByCode: true
      },
      { title: 'Latest reports', takes: ofType('DiagnosticReport'), limit: 10 }
    ]
  },
  {
    title: 'Other observations',
    code: ours('observations', 'Other observations'),
    of: ['uncategorised'],
    types: ['Observation'],
    parts: [{ title: 'Latest observations', takes: isObservation, limit: 40, isLatestByCode: true }]
  },
  {
    title: 'Past illness',
    code: loinc('11348-0', 'History of Past illness Narrative'),
    of: ['problems'],
    types: ['Condition'],
    isOptional: true,
    parts: [{ title: 'Past problems', takes: ofType('Condition'), limit: 50 }]
  },
  {
    title: 'About me',
    code: ours('about-me', 'About me'),
    of: ['about-me'],
    types: ['QuestionnaireResponse'],
    parts: [
      {
        title: 'What the person says of themselves, and other forms',
        takes: ofType('QuestionnaireResponse'),
        limit: 5
      }
    ]
  },
  {
    title: 'Documents',
    code: ours('documents', 'Documents'),
    of: ['documents'],
    types: ['DocumentReference'],
    parts: [{ title: 'Latest documents', takes: ofType('DocumentReference'), limit: 10 }]
  }
]

/** The types of resource that a summary shows. */
export const summaryTypes: ReadonlySet<string> = new Set(summarySections.flatMap(({ types }) => types))
