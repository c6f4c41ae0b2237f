import { openDescription, openProvider } from './beside.ts'
import type { CldEvent } from './care-state.ts'
import type { CldDoubt, CldRow } from './row.ts'
import { isOpenService } from './span.ts'
import { plannedUnits } from './units.ts'

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
  const asAt = dayInWords(event.asAt)
  const isOfOneSpan = new Set(event.rows.map(({ end }) => end)).size === 1
  const lines = event.rows.flatMap((row) => [
    `${lead(row, council)}, as at ${asAt}.`,
    ...(isOfOneSpan ? [] : spanOf(row, event.asAt))
  ])
  return [
    ...new Set([
      ...lines,
      ...(isOfOneSpan ? spanOf(event.row, event.asAt) : []),
      ...silenceOf(event),
      ...doubtsOf(event.rows)
    ])
  ]
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
  const came = said('. What came of it: ', values.Event_Outcome)
  switch (row.type) {
    case 'Service': {
      const what = values.Service_Component ?? values.Service_Type ?? 'Care service'
      return serviceWords(
        {
          what,
          description: openDescription(row),
          counted: countedIn(row),
          provider: openProvider(row),
          mechanism: values.Delivery_Mechanism
        },
        council
      )
    }
    case 'Request':
      return `Somebody asked ${council} for help for this person${said(' by way of: ', values.Request_Route_of_Access)}${came}`
    case 'Assessment':
      return `Assessed by ${council}${said(': ', values.Assessment_Type)}${said('. Eligible needs identified: ', values.Eligible_Needs_Identified)}${came}`
    case 'Review':
      return `Care and support reviewed by ${council}${said(', because: ', values.Review_Reason)}${said('. Outcomes achieved: ', values.Review_Outcomes_Achieved)}${came}`
  }
}

export interface ServiceInWords {
  /** Component and mechanism in the words of release 2; the component also in words of the council's own. */
  readonly what: string
  readonly description?: string | undefined
  readonly mechanism: string | undefined
  /** What is planned for a week, e.g. `14 hours`. */
  readonly counted: string | undefined
  readonly provider: string | undefined
}

/** @returns e.g. `Home care, 14 hours a week planned, commissioned by Dorset Council`. */
export const serviceWords = (
  { what, description, mechanism, counted, provider }: ServiceInWords,
  council: string
): string =>
  [
    `${plainComponents.get(what) ?? what}${said(': ', description)}`,
    ...(counted === undefined ? [] : [`${counted} a week planned`]),
    ...listed('provided by ', provider),
    `${byMechanism.get(mechanism ?? '') ?? 'recorded by'} ${council}`
  ].join(', ')

const said = (before: string, value: string | undefined): string =>
  value === undefined ? '' : `${before}${value}`
const listed = (before: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [`${before}${value}`]

/** Hours only of what the council says is counted by the hour: of anything else the extract does not name the unit. */
function countedIn(row: CldRow): string | undefined {
  const units = plannedUnits(row)
  return units === undefined
    ? undefined
    : `${units} ${row.isHourly ? 'hour' : 'unit'}${units === 1 ? '' : 's'}`
}

function spanOf({ type, start, end, values }: CldRow, asAt: string): readonly string[] {
  const unread = listed('End as sent: ', values.Event_End_Date && `${values.Event_End_Date}.`)
  const [from, to] = [dayInWords(start), end && dayInWords(end)]
  if (start > asAt) return [`Planned from ${from}${said(' to ', to)}.`, ...unread]
  if (to) return [`From ${from} to ${to}${(end ?? '') > asAt ? ' (planned)' : ''}.`]
  return [type === 'Service' ? `Since ${from}.` : `Begun ${from}; no end is given.`, ...unread]
}

function silenceOf(event: CldEvent): readonly string[] {
  const { asAt, missingAt } = event
  if (missingAt === undefined) return []
  const day = dayInWords(missingAt)
  const silence =
    missingAt > asAt
      ? `Not in the council’s submission to ${day}.`
      : `Named in one of the council’s submissions to ${day}, and not in the one that was sent last.`
  return [isOpenService(event) ? `${silence} Whether it has ended is not confirmed.` : silence]
}

/** That an end is lacking its span says. */
const doubtWords: Readonly<Record<Exclude<CldDoubt['kind'], 'no-end' | 'after-death'>, string>> = {
  'not-listed': 'Not as the national lists have it',
  'not-a-date': 'Sent as what is no date',
  'not-a-number': 'Sent as what is no number of this',
  'not-a-number-of-the-nhs': 'Sent as what is no NHS number'
}

function doubtsOf(rows: readonly CldRow[]): readonly string[] {
  const doubts = rows.flatMap((row) => row.doubts)
  const lines = Object.entries(doubtWords).flatMap(([kind, words]) => {
    const columns = doubts.filter((doubt) => doubt.kind === kind).map(({ column }) => column)
    const names = [...new Set(columns)].map((column) => column.replaceAll('_', ' '))
    return names.length === 0 ? [] : [`${words}: ${names.join(', ')}.`]
  })
  const isAfter = doubts.some(({ kind }) => kind === 'after-death')
  return isAfter ? [...lines, 'Began after the day on which, as the council says, the person died.'] : lines
}
