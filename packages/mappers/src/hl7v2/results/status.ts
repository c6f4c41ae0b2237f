import type { DiagnosticReport, Observation } from '@chesil/fhir'
import { keepAsText, type Reading } from '../elements/reading.ts'
import { type Segment, text } from '../message.ts'
import orderStatuses from './tables/order-statuses.json' with { type: 'json' }
import reportStatuses from './tables/report-statuses.json' with { type: 'json' }
import resultStatuses from './tables/result-statuses.json' with { type: 'json' }
import statusesOfReport from './tables/result-statuses-of-report.json' with { type: 'json' }

type ResultStatus = Observation['status']
type ReportStatus = DiagnosticReport['status']

/** HL7 table 0085; D and W are no statuses: what has them goes. */
const ofResults = new Map(Object.entries(resultStatuses)) as ReadonlyMap<string, ResultStatus>
/** HL7 table 0123 for a result that says nothing itself: its letters mean other things than those of table 0085. */
const byReport = new Map(Object.entries(statusesOfReport)) as ReadonlyMap<string, ResultStatus>
/** HL7 table 0123. */
const ofReports = new Map(Object.entries(reportStatuses)) as ReadonlyMap<string, ReportStatus>
/** HL7 table 0038, for a report that says nothing itself. */
const ofOrders = new Map(Object.entries(orderStatuses)) as ReadonlyMap<string, ReportStatus>

export const isWithdrawn = (result: Segment): boolean => ['D', 'W'].includes(codeOf(result, 11))
/** The result could not be had. */
export const isUnobtained = (result: Segment): boolean => codeOf(result, 11) === 'X'
/** Final, as it was sent before. */
export const isSettledAsSent = (result: Segment): boolean => codeOf(result, 11) === 'U'
export const isOfWrongPatient = (result: Segment): boolean => codeOf(result, 11) === 'W'
/** Table 0123 has no such code; senders use that of results. */
export const isReportWithdrawn = (request: Segment | undefined): boolean =>
  ['D', 'W'].includes(codeOf(request, 25))
export const isReportOfWrongPatient = (request: Segment | undefined): boolean => codeOf(request, 25) === 'W'

const codeOf = (segment: Segment | undefined, number: number): string =>
  text(segment, number)?.toUpperCase() ?? ''

/** From what is least settled to what is most. */
const settled: readonly ResultStatus[] = [
  ...(['registered', 'preliminary', 'unknown', 'cancelled', 'corrected', 'amended', 'final'] as const)
]

/**
 * The status of a result, or of the lines of a text: that of the least settled. One that states none has the
 * report's.
 */
export function statusOfResult(
  lines: readonly Segment[],
  request: Segment | undefined,
  reading: Reading
): ResultStatus {
  const stated = lines.flatMap((line) => statedStatus(line, reading) ?? [])
  const found = settled.find((status) => stated.includes(status))
  return found ?? byReport.get(codeOf(request, 25)) ?? 'unknown'
}

function statedStatus(line: Segment, reading: Reading): ResultStatus | undefined {
  const code = codeOf(line, 11)
  if (code === '') return undefined
  const status = ofResults.get(code)
  if (status === undefined) keepAsText(code, 'Status', reading)
  return status ?? 'unknown'
}

/** @returns `undefined` where neither OBR-25 nor ORC-5 says anything that is known. */
export function findReportStatus(
  { request, control }: { readonly request: Segment | undefined; readonly control: Segment | undefined },
  reading: Reading
): ReportStatus | undefined {
  const code = codeOf(request, 25)
  if (code === '') return ofOrders.get(codeOf(control, 5))
  const status = ofReports.get(code)
  if (status === undefined) keepAsText(code, 'Status', reading)
  return status ?? 'unknown'
}

/** What a report that calls itself final may not hold. */
const unsettled: ReadonlySet<string> = new Set(['registered', 'preliminary'])

/** A report says that it is final, and a result in it that it is not: the report is partial then. */
export const cautious = (report: ReportStatus, results: readonly ResultStatus[]): ReportStatus =>
  ['final', 'corrected'].includes(report) && results.some((status) => unsettled.has(status))
    ? 'partial'
    : report
