import type { CldEvent } from './care-state.ts'
import type { CldRow } from './row.ts'

const dayFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC'
})

/** @param day YYYY-MM-DD. @returns e.g. `30 June 2025`. */
export const dayInWords = (day: string): string => dayFormat.format(new Date(`${day}T00:00:00Z`))

/** What it means to somebody who does not know a council's words, line by line. */
export function eventWords(event: CldEvent, council: string): readonly string[] {
  const { asAt, missingAt, row } = event
  const lines = [`${lead(row, council)}, as at ${dayInWords(asAt)}.`, ...spanOf(event)]
  if (missingAt)
    lines.push(
      `Not in the council’s submission to ${dayInWords(missingAt)}. Whether it has ended is not confirmed.`
    )
  return [...lines, ...doubtsOf(row)]
}

const plainComponents: ReadonlyMap<string, string> = new Map([
  ['Home support or domiciliary care', 'Home care'],
  ['Long term residential care', 'Lives in a care home'],
  ['Long term nursing care', 'Lives in a nursing home'],
  ['Short term residential care', 'Short stay in a care home'],
  ['Short term nursing care', 'Short stay in a nursing home'],
  ['Reablement', 'Help to regain independence (reablement)']
])

const byMechanism: ReadonlyMap<string, string> = new Map([
  ['Direct payment', 'paid for by the person with money from'],
  ['CASSR managed personal budget', 'from a budget managed by'],
  ['CASSR commissioned support', 'commissioned by']
])

function lead(row: CldRow, council: string): string {
  const { values } = row
  switch (row.type) {
    case 'Service': {
      const what = values.Service_Component ?? values.Service_Type ?? 'Care service'
      return serviceWords(
        {
          what,
          units: values.Planned_units_per_week,
          unit: unitOf(what),
          provider: values.Provider_CQC_Location_Name,
          mechanism: values.Delivery_Mechanism
        },
        council
      )
    }
    case 'Request':
      return `Somebody asked ${council} for help for this person${said(' by way of: ', values.Request_Route_of_Access)}${said('. What came of it: ', values.Event_Outcome)}`
    case 'Assessment':
      return `Assessed by ${council}${said(': ', values.Assessment_Type)}${said('. What came of it: ', values.Event_Outcome)}`
    case 'Review':
      return `Care and support reviewed by ${council}${said(', because: ', values.Review_Reason)}${said('. What came of it: ', values.Event_Outcome)}`
  }
}

export interface ServiceInWords {
  /** Component and mechanism in the words of release 2; the component also in words of the council's own. */
  readonly what: string
  readonly mechanism: string | undefined
  /** A number, as written. */
  readonly units: string | undefined
  /** What is counted, in the plural. */
  readonly unit: string
  readonly provider: string | undefined
}

/** @returns e.g. `Home care, 14 hours a week planned, commissioned by Dorset Council`. */
export const serviceWords = (
  { what, mechanism, units, unit, provider }: ServiceInWords,
  council: string
): string =>
  [
    plainComponents.get(what) ?? what,
    ...(units ? [`${units} ${unit} a week planned`] : []),
    ...(provider ? [`provided by ${provider}`] : []),
    `${byMechanism.get(mechanism ?? '') ?? 'recorded by'} ${council}`
  ].join(', ')

const said = (before: string, value: string | undefined): string =>
  value === undefined ? '' : `${before}${value}`

/** The extract counts hours of what is given by the hour, and says nothing of the unit. */
const unitOf = (component: string): string =>
  /home support|reablement|day support/i.test(component) ? 'hours' : 'units'

function spanOf({ row: { type, start, end }, asAt }: CldEvent): readonly string[] {
  if (type === 'Service' && end === undefined) return [`Since ${dayInWords(start)}.`]
  if (end === undefined) return [`Begun ${dayInWords(start)}; no end is given.`]
  return [`From ${dayInWords(start)} to ${dayInWords(end)}${end > asAt ? ' (planned)' : ''}.`]
}

function doubtsOf({ doubts }: CldRow): readonly string[] {
  const columns = [...new Set(doubts.map(({ column }) => column.replaceAll('_', ' ')))]
  return columns.length === 0 ? [] : [`Not as the national lists have it: ${columns.join(', ')}.`]
}
