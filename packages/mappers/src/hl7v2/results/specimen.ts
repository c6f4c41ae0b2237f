import type { ContributionEntry } from '@chesil/contracts'
import { defined, findOdsCode, type Identifier, type Specimen } from '@chesil/fhir'
import { nameOf } from '../adt/telling.ts'
import { toDateTime } from '../date-time.ts'
import { concept } from '../elements/concepts.ts'
import { dateTime } from '../elements/dates.ts'
import { identifierType, localSystem } from '../elements/identifiers.ts'
import { isInOrder } from '../elements/period.ts'
import type { Reading } from '../elements/reading.ts'
import { field, part, type Segment, text } from '../message.ts'
import { type Body, toEntry } from './item-entry.ts'
import { toNotes } from './notes.ts'
import { findNumber } from './number.ts'
import type { Annotated, OrderGroup } from './order-groups.ts'
import { toQuantity, toUnit } from './quantity.ts'

/** What the specimens of one order have in common. */
interface Origin {
  readonly patient: { readonly reference: string }
  /** See `orderNumberOf`. */
  readonly orderNumber: string
  readonly newReading: () => Reading
}

/** Of SPM; where there is none, of what OBR-15 says of the specimen in older messages. */
export function toSpecimenEntries({ specimens, request }: OrderGroup, origin: Origin): ContributionEntry[] {
  if (specimens.length > 0) return specimens.map((specimen) => toSpecimenEntry(specimen, origin))
  const words = sourceOf(request?.segment)
  if (words === undefined) return []
  const { patient, orderNumber, newReading } = origin
  const receivedTime = toDateTime(text(request?.segment, 14))
  const body = defined({
    resourceType: 'Specimen' as const,
    type: { text: words },
    subject: patient,
    receivedTime
  })
  const name = { key: nameOf(`specimen/${orderNumber}/source`), sections: ['investigations'] as const }
  return [toEntry<Specimen>(body, name, newReading())]
}

/** OBR-15.1, whose own components are subcomponents. */
const sourceOf = (request: Segment | undefined): string | undefined =>
  text(request, 15, 1, 2) ?? text(request, 15, 1, 1)

/** Known by its own numbers (SPM-2), both of them: alone the second is an authority at some senders. Else by its order and its place there. */
function toSpecimenEntry({ segment, notes }: Annotated, origin: Origin): ContributionEntry {
  const reading = origin.newReading()
  const own = numbersOf(segment)
  const key = own ?? `${origin.orderNumber}/${text(segment, 1) ?? '1'}`
  const body: Body<Specimen> = defined({
    resourceType: 'Specimen' as const,
    identifier: identifiersOf(segment, reading),
    status: statusOf(segment),
    type: concept(segment, 4, 'Type of specimen', reading),
    subject: origin.patient,
    receivedTime: dateTime(segment, 18, 'Received', reading),
    collection: collectionOf(segment, reading),
    condition: conditionsOf(segment, reading),
    note: toNotes(notes, reading) ?? descriptionOf(segment)
  })
  return toEntry<Specimen>(body, { key: nameOf(`specimen/${key}`), sections: ['investigations'] }, reading)
}

/** SPM-20 and SPM-21: whether it can be had, and whether it was refused. */
function statusOf(segment: Segment): Specimen['status'] {
  if (field(segment, 21).length > 0) return 'unsatisfactory'
  const availability = text(segment, 20)?.toUpperCase()
  return availability === 'N' ? 'unavailable' : availability === 'Y' ? 'available' : undefined
}

/** Both of SPM-2. */
function numbersOf(segment: Segment): string | undefined {
  const [placer, filler] = [text(segment, 2, 1), text(segment, 2, 2)]
  if (filler === undefined) return placer
  return `${placer ?? ''}^${filler}`
}

/** A second number that is an organisation's code is who gave the first. */
function identifiersOf(segment: Segment, { context }: Reading): Identifier[] | undefined {
  const [value] = field(segment, 2)
  const isOneNumber = part(value, 1) !== undefined && findOdsCode(part(value, 2) ?? '') !== undefined
  const kinds = isOneNumber ? (['PLAC'] as const) : (['PLAC', 'FILL'] as const)
  const numbers = kinds.flatMap((type, at) => {
    const number = part(value, at + 1)
    const authority = isOneNumber ? part(value, 2) : part(value, at + 1, 2)
    const system = localSystem(context.source, 'specimen', authority)
    return number === undefined ? [] : [{ type: identifierType(type), system, value: number }]
  })
  return numbers.length > 0 ? numbers : undefined
}

function collectionOf(segment: Segment, reading: Reading): Specimen['collection'] {
  const start = dateTime(segment, 17, 'Taken', reading)
  const end = toDateTime(text(segment, 17, 2))
  const isPeriod = end !== undefined && end !== start && isInOrder(start, end)
  const amount = findNumber(text(segment, 12) ?? '')
  const unit = toUnit(
    text(segment, 12, 2, 1) ?? '',
    text(segment, 12, 2, 2) ?? '',
    text(segment, 12, 2, 3) ?? ''
  )
  const collection = defined({
    collectedDateTime: isPeriod ? undefined : start,
    collectedPeriod: isPeriod ? defined({ start, end }) : undefined,
    quantity: amount && !amount.comparator ? toQuantity(amount, unit) : undefined,
    method: concept(segment, 7, 'How it was taken', reading),
    bodySite: concept(segment, 8, 'Body site', reading)
  })
  return Object.keys(collection).length > 0 ? collection : undefined
}

function conditionsOf(segment: Segment, reading: Reading): Specimen['condition'] {
  const found = [
    concept(segment, 24, 'Condition', reading),
    concept(segment, 21, 'Refused because', reading)
  ].filter((one) => one !== undefined)
  return found.length > 0 ? found : undefined
}

function descriptionOf(segment: Segment): Specimen['note'] {
  const words = text(segment, 14, 1, 0)
  return words === undefined ? undefined : [{ text: words }]
}
