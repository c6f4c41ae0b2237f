import type { QuarantinedItem } from '@chesil/contracts'
import type { Reading } from '../elements/reading.ts'
import type { MessageBody } from '../message-body.ts'
import { fileToBody } from './file-to-body.ts'
import { deletionOf, erasing } from './item-entry.ts'
import { binaryName, itemNameOf, type NamedResult, type ResultBody, sectionsOfFile } from './named-result.ts'
import { isStatusOnly, toObservation } from './observation.ts'
import type { Order } from './order.ts'
import { toResultEntry, toWithdrawnResult } from './result-entry.ts'
import { isOfWrongPatient, isWithdrawn } from './status.ts'

export function resultToBody(named: NamedResult, order: Order, reading: Reading): ResultBody {
  const { item, key } = named
  if (item.lines.every(({ segment }) => isWithdrawn(segment))) {
    const withdrawal = withdrawalOf(named, { isWrongReport: false, patient: order.patient, reading })
    if (item.isFile) return { ...withdrawal, withdrawnFile: key }
    const id = reading.context.resourceId('Observation', key)
    return { ...withdrawal, withdrawnResult: `Observation/${id}` }
  }
  if (item.isFile) return fileToBody(named, order, reading)
  const body = toObservation(item, order, reading)
  const name = itemNameOf(named)
  const entry = toResultEntry(body, { name, isStatusOnly: isStatusOnly(item), reading })
  const reference = `Observation/${entry.event?.base.id}`
  return {
    entries: [entry],
    documents: [],
    quarantined: alertsOf(named, false),
    result: { reference, status: body.status }
  }
}

/**
 * A result that its source takes back goes at once. One of the wrong person goes from its history, too, and is told to
 * the reader, for somebody may have acted on it.
 *
 * @param isWrongReport The report as a whole is of the wrong person.
 */
export function withdrawalOf(
  named: NamedResult,
  { isWrongReport, patient, reading }: { isWrongReport: boolean; reading: Reading } & Pick<Order, 'patient'>
): MessageBody {
  const name = itemNameOf(named)
  const entries = named.item.isFile
    ? [deletionOf('DocumentReference', name), deletionOf('Binary', binaryName(name))]
    : [toWithdrawnResult(patient, name, { ...reading, unread: [] })]
  const isErased = isWrong(named, isWrongReport)
  const quarantined = alertsOf(named, isWrongReport)
  return { entries: isErased ? entries.map(erasing) : entries, documents: [], quarantined }
}

const isWrong = ({ item }: NamedResult, isWrongReport: boolean): boolean =>
  isWrongReport || item.lines.some(({ segment }) => isOfWrongPatient(segment))

/** What may be a result or a file is told once, to readers of either. */
function alertsOf(named: NamedResult, isWrongReport: boolean): QuarantinedItem[] {
  const { isFile, isEither } = named.item
  if (!isWrong(named, isWrongReport) || (isEither && isFile)) return []
  const { key, sections } = itemNameOf(named)
  return [
    {
      reason: 'wrong-patient',
      resourceType: isFile ? 'DocumentReference' : 'Observation',
      sourceResourceId: key,
      sections: isEither ? sectionsOfFile : sections,
      expression: isWrongReport ? 'OBR-25' : 'OBX-11'
    }
  ]
}
