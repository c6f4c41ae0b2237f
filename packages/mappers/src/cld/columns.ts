/**
 * The columns of Client Level Data, in the order of release 1. Costs are read past: the record does not hold them.
 *
 * @see https://www.gov.uk/government/collections/adult-social-care-client-level-data
 */
export const cldColumns = [
  'LA_Code',
  'Reporting_Period_Start_Date',
  'Reporting_Period_End_Date',
  'NHS_Number',
  'LA_Person_Unique_Identifier',
  'GP_Practice_Name',
  'GP_Practice_Code',
  'Gender',
  'Ethnicity',
  'Date_of_Birth',
  'Date_of_Death',
  'Client_Type',
  'Primary_Support_Reason',
  'Postcode',
  'Accommodation_Status',
  'Employment_Status',
  'Has_Unpaid_Carer',
  'Autism_Spectrum_Disorder_ASD',
  'Visual_Impairment',
  'Hearing_Impairment',
  'Dementia',
  'Client_Funding_Status',
  'Event_Type',
  'Event_Reference',
  'Event_Start_Date',
  'Event_End_Date',
  'Event_Description',
  'Event_Outcome',
  'Request_Route_of_Access',
  'Assessment_Type',
  'Eligible_Needs_Identified',
  'Method_of_Assessment',
  'Total_Hrs_Caring_per_week',
  'No_of_adults_being_cared_for',
  'Adult_1_Linked_Person_ID',
  'Adult_2_Linked_Person_ID',
  'Adult_3_Linked_Person_ID',
  'Service_Type',
  'Service_Component',
  'Delivery_Mechanism',
  'Provider_CQC_Location_Name',
  'Provider_CQC_Location_ID',
  'Review_Reason',
  'Review_Outcomes_Achieved',
  'Method_of_Review',
  'Unit_Cost',
  'Cost_Frequency_Unit_Type',
  'Planned_units_per_week'
] as const
export type CldColumn = (typeof cldColumns)[number]

/** Without these a row says neither whom it is about nor what happened when. */
const needed = [
  'LA_Code',
  'Reporting_Period_Start_Date',
  'Reporting_Period_End_Date',
  'NHS_Number',
  'LA_Person_Unique_Identifier',
  'Date_of_Birth',
  'Date_of_Death',
  'Client_Type',
  'Event_Type',
  'Event_Start_Date',
  'Event_End_Date',
  'Request_Route_of_Access',
  'Assessment_Type',
  'Service_Type',
  'Service_Component'
] as const satisfies readonly CldColumn[]

/** More than a council's own additions would ever be. */
const mostColumns = 200

export type CldHeader =
  | {
      readonly outcome: 'read'
      /** Where in a row each column stands. */
      readonly places: ReadonlyMap<CldColumn, number>
      /** Columns of the release that the file does not have. */
      readonly missing: readonly CldColumn[]
      /** How many columns it has that the release does not. */
      readonly unknown: number
    }
  | { readonly outcome: 'refused'; readonly detail: string }

/** Reads the names of the columns, in any order, with any case, and with spaces or underscores. */
export function readCldHeader(cells: readonly string[]): CldHeader {
  if (cells.length > mostColumns)
    return refused(`The header has ${cells.length} columns; at most ${mostColumns} are read`)
  const places = new Map<CldColumn, number>()
  const repeated = new Set<CldColumn>()
  for (const [at, cell] of cells.entries()) {
    const column = columnsByName.get(nameOf(cell))
    if (!column) continue
    if (places.has(column)) repeated.add(column)
    places.set(column, at)
  }
  if (repeated.size > 0) return refused(`Columns are there more than once: ${[...repeated].join(', ')}`)
  const lacking = needed.filter((column) => !places.has(column))
  if (lacking.length > 0)
    return refused(`This is not a header of Client Level Data: it lacks ${lacking.join(', ')}`)
  const missing = cldColumns.filter((column) => !places.has(column))
  return { outcome: 'read', places, missing, unknown: cells.length - places.size }
}

const refused = (detail: string): CldHeader => ({ outcome: 'refused', detail })

const nameOf = (cell: string): string => cell.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** Release 2 words some names otherwise. */
const otherNames: readonly (readonly [string, CldColumn])[] = [
  ['autismspectrumdisorder', 'Autism_Spectrum_Disorder_ASD'],
  ['autism', 'Autism_Spectrum_Disorder_ASD'],
  ['totalhourscaringperweek', 'Total_Hrs_Caring_per_week'],
  ['numberofadultsbeingcaredfor', 'No_of_adults_being_cared_for'],
  ['plannedunitsperweek', 'Planned_units_per_week']
]

const columnsByName: ReadonlyMap<string, CldColumn> = new Map([
  ...cldColumns.map((column) => [nameOf(column), column] as const),
  ...otherNames
])
