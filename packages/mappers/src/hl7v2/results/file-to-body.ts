import { type DocumentReference, defined } from '@chesil/fhir'
import { toEncapsulated } from '../documents/encapsulated.ts'
import { concept, notRecorded } from '../elements/concepts.ts'
import { dateTime } from '../elements/dates.ts'
import type { Reading } from '../elements/reading.ts'
import type { Segment } from '../message.ts'
import { type Body, toEntry } from './item-entry.ts'
import { binaryName, itemNameOf, type NamedResult, type ResultBody } from './named-result.ts'
import { toNotes } from './notes.ts'
import { asInstant, type Order } from './order.ts'
import { practitionerIn } from './references.ts'
import { statusOfResult } from './status.ts'

/** A result that is a file: a DocumentReference, the Binary that it leads to, and the bytes. */
export function fileToBody(named: NamedResult, order: Order, reading: Reading): ResultBody {
  const [line] = named.item.lines
  const result = line?.segment as Segment
  const name = itemNameOf(named)
  const type = concept(result, 3, 'Document', reading) ?? order.code ?? notRecorded('Document', reading)
  const title = type.text ?? type.coding?.[0]?.display ?? type.coding?.[0]?.code
  const filing = { name: binaryName(name), title, patient: order.patient, reading }
  const { attachment, documents, entries } = toEncapsulated(result, filing)
  const author = practitionerIn(result, 16, reading)
  const status = statusOfResult([result], order.request, reading)
  const body: Body<DocumentReference> = defined({
    resourceType: 'DocumentReference' as const,
    status: status === 'cancelled' ? ('entered-in-error' as const) : ('current' as const),
    docStatus: toDocStatus(status),
    type,
    subject: order.patient,
    date: asInstant(dateTime(result, 14, 'Date', reading)) ?? order.issued,
    author: author && [author],
    description: toNotes(line?.notes ?? [], reading)?.[0]?.text,
    content: [{ attachment }],
    context: contextOf(order)
  })
  return {
    entries: [toEntry<DocumentReference>(body, name, reading), ...entries],
    documents,
    quarantined: [],
    file: [name.key, attachment]
  }
}

/** What its source does not call settled is not. */
function toDocStatus(status: ReturnType<typeof statusOfResult>): DocumentReference['docStatus'] {
  if (status === 'final') return 'final'
  if (status === 'corrected' || status === 'amended') return 'amended'
  return status === 'cancelled' ? 'entered-in-error' : 'preliminary'
}

function contextOf({ encounter, basedOn }: Order): DocumentReference['context'] {
  const context = defined({ encounter: encounter && [encounter], related: basedOn })
  return Object.keys(context).length > 0 ? context : undefined
}
