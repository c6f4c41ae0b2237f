import type { StructuredSection } from '@chesil/synthetic'

/** What the value of a part has to be. */
export type PartKind =
  | 'boolean'
  | 'positiveInt'
  /** A whole day, today at the latest. */
  | 'pastDate'
  /** A whole day, today at the earliest. */
  | 'futureDate'
  /** Whole days, today at the latest, one of them at least. */
  | 'pastPeriod'
  /** `active` or `inactive`. */
  | 'clinicalStatus'

export interface ParameterRule {
  readonly section: StructuredSection
  readonly parts: ReadonlyMap<string, PartKind>
  /** A part without which the parameter is not accepted. */
  readonly mandatory?: string
  readonly repeats?: boolean
}

const rule = (
  section: StructuredSection,
  parts: Readonly<Record<string, PartKind>>,
  more: Pick<ParameterRule, 'mandatory' | 'repeats'> = {}
): ParameterRule => ({ section, parts: new Map(Object.entries(parts)), ...more })

/**
 * The parameters of `$gpc.getstructuredrecord` beside `patientNHSNumber`.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_retrieve_patient_record.html
 */
export const parameterTable: ReadonlyMap<string, ParameterRule> = new Map([
  [
    'includeAllergies',
    rule('allergies', { includeResolvedAllergies: 'boolean' }, { mandatory: 'includeResolvedAllergies' })
  ],
  [
    'includeMedication',
    rule('medications', { includePrescriptionIssues: 'boolean', medicationSearchFromDate: 'pastDate' })
  ],
  [
    'includeConsultations',
    rule('consultations', {
      consultationSearchPeriod: 'pastPeriod',
      includeNumberOfMostRecent: 'positiveInt'
    })
  ],
  ['includeProblems', rule('problems', { filterStatus: 'clinicalStatus' }, { repeats: true })],
  ['includeImmunisations', rule('immunisations', { includeNotGiven: 'boolean', includeStatus: 'boolean' })],
  ['includeUncategorisedData', rule('uncategorised', { uncategorisedDataSearchPeriod: 'pastPeriod' })],
  ['includeInvestigations', rule('investigations', { investigationSearchPeriod: 'pastPeriod' })],
  ['includeReferrals', rule('referrals', { referralSearchPeriod: 'pastPeriod' })],
  ['includeDiaryEntries', rule('diary', { diaryEntriesSearchDate: 'futureDate' })]
])

/** Parts that would leave out what a problem or a consultation links to, and so must not stand beside them. */
const narrowing = [
  'medicationSearchFromDate',
  'uncategorisedDataSearchPeriod',
  'referralSearchPeriod',
  'diaryEntriesSearchDate',
  'includeNotGiven',
  'includeStatus'
]

export const forbiddenBeside: ReadonlyMap<string, readonly string[]> = new Map([
  ['includeConsultations', [...narrowing, 'filterStatus']],
  ['includeProblems', narrowing]
])
