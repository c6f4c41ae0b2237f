import { type CodeableConcept, defined, type Extension, ukCoreExtension } from '@chesil/fhir'
import { type Json, text, word } from '../../json.ts'
import { toConcept } from '../../stu3/elements/coding.ts'
import { toDateTime } from '../../stu3/elements/dates.ts'
import { extensionsOf } from '../../stu3/elements/extensions.ts'
import { keepAsText } from '../../stu3/elements/unread.ts'
import type { Item } from '../../stu3/item.ts'

type ChangeStatus = 'added' | 'amended' | 'continued' | 'on-hold' | 'stopped'

/** What became of a medicine during a stay. */
export interface MedicineChange {
  /** UK Core's words, and `stopped`, for which it has none. */
  readonly status?: ChangeStatus
  readonly reason?: CodeableConcept
  readonly date?: string
  readonly details?: string
}

/** CareConnect's words, and those that letters use for them, in lower case. */
const statuses: ReadonlyMap<string, ChangeStatus> = new Map([
  ...(['added', 'amended', 'continued', 'on-hold', 'stopped'] as const).map((code) => [code, code] as const),
  ['new', 'added'],
  ['started', 'added'],
  ['changed', 'amended'],
  ['unchanged', 'continued'],
  ['on hold', 'on-hold'],
  ['suspended', 'on-hold'],
  ['discontinued', 'stopped'],
  ['ceased', 'stopped']
])

/** @returns `undefined` where the document does not say. */
export function readChange(source: Json, item: Item): MedicineChange | undefined {
  const [extension] = extensionsOf(source).get('medicationchangesummary') ?? []
  if (extension === undefined) return undefined
  const parts = extensionsOf(extension)
  const part = (...names: readonly string[]) =>
    names.map((name) => parts.get(name)?.[0]).find((found) => found)
  const reason = part('indicationforchange', 'indication')
  const change = defined({
    status: toStatus(part('status', 'careconnect-medicationchangestatus'), item),
    reason: toConcept(reason?.['valueCodeableConcept'], 'Reason for change', item) ?? toText(reason),
    date: toDateTime(
      part('datechanged')?.['valueDateTime'] ?? part('datechanged')?.['valueDate'],
      'Changed on',
      item
    ),
    details: text(part('detailsofamendment')?.['valueString'])
  })
  return Object.keys(change).length > 0 ? change : undefined
}

function toStatus(part: Json | undefined, item: Item): ChangeStatus | undefined {
  const stated = word(part?.['valueCode'] ?? part?.['valueString'])
  const status = statuses.get(stated?.toLowerCase() ?? '')
  if (status === undefined && stated !== undefined) keepAsText(stated, 'Change', item)
  return status
}

function toText(part: Json | undefined): CodeableConcept | undefined {
  const words = text(part?.['valueString'])
  return words === undefined ? undefined : { text: words }
}

const system = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-MedicationChangeStatus'
const displays = { added: 'Added', amended: 'Amended', continued: 'Continued', 'on-hold': 'On-hold' } as const

/** @see https://simplifier.net/hl7fhirukcorer4/extension-ukcore-medicationchangesummary */
export function toChangeExtension({ status, reason, date, details }: MedicineChange): Extension {
  const parts: Extension[] = []
  if (status !== undefined) parts.push({ url: 'status', valueCoding: toStatusCoding(status) })
  if (reason) parts.push({ url: 'indicationForChange', valueCodeableConcept: reason })
  if (date !== undefined) parts.push({ url: 'dateChanged', valueDateTime: date })
  if (details !== undefined) parts.push({ url: 'detailsOfAmendment', valueString: details })
  return { url: ukCoreExtension('MedicationChangeSummary'), extension: parts }
}

const toStatusCoding = (status: ChangeStatus) =>
  status === 'stopped' ? { display: 'Stopped' } : { system, code: status, display: displays[status] }
