import type { ContributionEntry } from '@chesil/contracts'
import {
  type Attachment,
  type DiagnosticReport,
  defined,
  type Identifier,
  type Observation,
  type Reference
} from '@chesil/fhir'
import { toDateTime } from '../date-time.ts'
import { notRecorded } from '../elements/concepts.ts'
import { identifierType, localSystem } from '../elements/identifiers.ts'
import { isInOrder } from '../elements/period.ts'
import type { Reading } from '../elements/reading.ts'
import { field, part, plainText, type Segment, text } from '../message.ts'
import { type Said, toChanges } from './changes.ts'
import { type Body, type ItemName, toEventEntry } from './item-entry.ts'
import { toLines } from './notes.ts'
import { type Order, toReportCategory } from './order.ts'
import { practitionerOfNdl } from './references.ts'
import { cautious, findReportStatus } from './status.ts'

/** What a message has of one report. */
export interface ReportContent {
  readonly order: Order
  /** NTE of the order */
  readonly notes: readonly Segment[]
  /** Those that stand, in the order of the message. */
  readonly results: readonly { readonly reference: string; readonly status: Observation['status'] }[]
  readonly specimens: readonly Reference[]
  /** By the key of the file. */
  readonly files: ReadonlyMap<string, Attachment>
  readonly withdrawn: { readonly results: readonly string[]; readonly files: readonly string[] }
}

/**
 * One message of a report. Reports come in parts: what a message does not name stays in the report, what it
 * withdraws leaves it.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-diagnosticreport-lab
 */
export function toReportEntry(content: ReportContent, name: ItemName, reading: Reading): ContributionEntry {
  const { order, results, withdrawn, files } = content
  const changes = toChanges([...elementsOf(content, reading), ...filesOf(files)])
  const body: Body<DiagnosticReport> = {
    resourceType: 'DiagnosticReport',
    status: 'unknown',
    code: order.code ?? notRecorded('Report', reading),
    subject: order.patient
  }
  const references = (names: readonly string[]) => names.map((reference): Reference => ({ reference }))
  const clear = [...(changes.clear ?? []), ...otherEffective(changes.set)]
  const gone: readonly (readonly [string, unknown])[] = withdrawn.files.map((key) => [
    `presentedForm#${key}`,
    []
  ])
  const event = defined({
    kind: 'report',
    at: order.issued ?? order.takenAt,
    set: { ...changes.set, ...Object.fromEntries(gone) },
    clear: clear.length > 0 ? clear : undefined,
    add: results.length > 0 ? { result: references(results.map(({ reference }) => reference)) } : undefined,
    drop: withdrawn.results.length > 0 ? { result: references(withdrawn.results) } : undefined
  })
  return toEventEntry(event, { body, name, reading })
}

const filesOf = (files: ReadonlyMap<string, Attachment>): Said[] =>
  [...files].map(([key, attachment]) => [`presentedForm#${key}`, [attachment]])

/** FHIR allows one of the two: a later message may give the other. */
const otherEffective = (set: Readonly<Record<string, unknown>>): string[] => {
  if ('effectivePeriod' in set) return ['effectiveDateTime']
  return 'effectiveDateTime' in set ? ['effectivePeriod'] : []
}

function elementsOf({ order, results, specimens, notes }: ReportContent, reading: Reading): Said[] {
  const { request, control } = order
  const status = findReportStatus({ request, control }, reading)
  const end = toDateTime(text(request, 8))
  const isPeriod =
    end !== undefined && order.takenAt !== undefined && end !== order.takenAt && isInOrder(order.takenAt, end)
  const interpreter = practitionerOfNdl(field(request, 32)[0], reading)
  return [
    [
      'status',
      status &&
        cautious(
          status,
          results.map(({ status }) => status)
        ),
      request,
      25
    ],
    ['code', order.code],
    ['category', toReportCategory(request), request, 24],
    ['identifier', identifiersOf(order, reading)],
    ['basedOn', order.basedOn],
    ['encounter', order.encounter],
    ['effectiveDateTime', isPeriod ? undefined : order.takenAt, request, 7],
    ['effectivePeriod', isPeriod ? { start: order.takenAt, end } : undefined],
    ['issued', order.issued, request, 22],
    ['resultsInterpreter', interpreter && [interpreter], request, 32],
    ['specimen', specimens.length > 0 ? specimens : undefined],
    [noteUrl, noteOf(request, notes)]
  ]
}

/** UK Core's way: R4 has no notes on reports. */
const noteUrl = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.note'

/** The laboratory's remarks, and what it was told and asked (OBR-13, OBR-31). */
function noteOf(request: Segment | undefined, notes: readonly Segment[]) {
  const labelled = (label: string, words: string | undefined) =>
    words === undefined ? [] : [`${label}: ${words}`]
  const lines = [
    ...[toLines(notes)].filter((words) => words !== undefined),
    ...labelled('Clinical information', text(request, 13, 2, 0) ?? plainText(request, 13)),
    ...labelled('Reason', text(request, 31, 2, 0) ?? plainText(request, 31))
  ]
  return lines.length > 0 ? { valueAnnotation: { text: lines.join('\n') } } : undefined
}

function identifiersOf({ request, control }: Order, { context }: Reading): Identifier[] | undefined {
  const [number] = [...field(request, 3), ...field(control, 3)]
  const value = part(number)
  if (value === undefined) return undefined
  const system = localSystem(context.source, 'filler-order', part(number, 2))
  return [{ type: identifierType('FILL'), system, value }]
}
