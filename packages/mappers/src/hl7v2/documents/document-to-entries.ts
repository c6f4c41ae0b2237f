import type { ClaimedSubject, ContributionEntry } from '@chesil/contracts'
import { type DocumentReference, defined } from '@chesil/fhir'
import type { MessageContext } from '../../message-context.ts'
import { happenedAt, personKey, personReference } from '../adt/group.ts'
import { nameOf } from '../adt/telling.ts'
import { newReading } from '../elements/reading.ts'
import { firstOf, type Message, type Segment, text } from '../message.ts'
import type { MessageBody } from '../message-body.ts'
import { toChanges } from '../results/changes.ts'
import { type Body, type ItemName, toEventEntry } from '../results/item-entry.ts'
import { numberOf } from '../results/order-name.ts'
import { unprocessedBody } from '../unprocessed.ts'
import { contentOf } from './content.ts'
import { isUnavailable, notificationElements, securityOf } from './notification.ts'
import { type DocumentTrigger, findDocumentTrigger } from './triggers.ts'

/**
 * MDM^T01 to T11 about one person: each is an event of one document, known by TXA-12. A replacement is also one of the
 * document that it replaces.
 *
 * A document is current until something else is said of it, and nothing makes it current again: no event sets
 * `status` to `current`, which stands in what all events have in common.
 *
 * @param message Its segments are about this person alone.
 * @returns for another trigger, or without TXA, that the message was not processed.
 * @see https://www.hl7.eu/HL7v2x/v251/std251/ch09.html
 */
export function documentToEntries(
  message: Message,
  subject: ClaimedSubject,
  context: MessageContext
): MessageBody {
  const notification = firstOf(message.segments, 'TXA')
  const trigger = findDocumentTrigger(message.trigger)
  if (!notification || !trigger) return unprocessedBody(message, 'documents')
  const patient = personReference({ subject, context })
  const name = nameFor(keyOf(notification, personKey({ subject })))
  const said: SaidOf = { message, context, patient, notification, trigger, name }
  if (trigger.withdraws) {
    const entries = [withdrawal(said), ...restored(said)]
    return { entries, quarantined: [], documents: [], wholeParts: [name.key] }
  }
  const parent = parentOf(notification, name)
  const { entry, files, documents } = event(said, parent)
  const replaced = parent && trigger.relation === 'replaces' ? [superseded(said, parent)] : []
  if (isUnavailable(notification))
    return { entries: [entry, ...replaced], quarantined: [], documents: [], wholeParts: [name.key] }
  const wholeParts = documents.length > 0 && !isOwnAddendum(said, parent) ? [name.key] : []
  return { entries: [entry, ...files, ...replaced], quarantined: [], documents, wholeParts }
}

interface SaidOf {
  readonly message: Message
  readonly context: MessageContext
  readonly patient: { readonly reference: string }
  /** TXA */
  readonly notification: Segment
  readonly trigger: DocumentTrigger
  readonly name: ItemName
}

const nameFor = (key: string): ItemName => {
  const name = nameOf(`document/${key}`)
  return { key: name, sections: ['documents'], part: name }
}

/** Where TXA-12 is empty, which the standard forbids: the person, what kind of document it is and when it was begun. */
const keyOf = (notification: Segment, person: string): string =>
  numberOf(notification, 12) ??
  text(notification, 12, 3) ??
  [person, text(notification, 2), text(notification, 4) ?? text(notification, 6)]
    .map((one) => one ?? '')
    .join('/')

/** TXA-13, unless a document names itself. */
function parentOf(notification: Segment, { key }: ItemName): ItemName | undefined {
  const number = numberOf(notification, 13) ?? text(notification, 13, 3)
  const parent = number === undefined ? undefined : nameFor(number)
  return parent?.key === key ? undefined : parent
}

/** R4 requires content; of a document that was only announced there is none. */
const bodyOf = (
  { patient }: SaidOf,
  status: DocumentReference['status'] = 'current'
): Body<DocumentReference> => ({
  resourceType: 'DocumentReference',
  status,
  subject: patient,
  content: noContent
})

const noContent: DocumentReference['content'] = [{ attachment: { title: 'Announced without content' } }]
const withdrawnContent: DocumentReference['content'] = [{ attachment: { title: 'Withdrawn' } }]

/** An addendum that names no other document is one to the document itself: it has more content. */
const isOwnAddendum = ({ trigger }: SaidOf, parent: ItemName | undefined): boolean =>
  trigger.relation === 'appends' && parent === undefined

function event(said: SaidOf, parent: ItemName | undefined) {
  const { message, context, patient, notification, trigger, name } = said
  const reading = newReading(message, context)
  const content = contentOf(message, {
    name,
    patient,
    notification,
    reading,
    isAdded: isOwnAddendum(said, parent),
    security: securityOf(notification, newReading(message, context))
  })
  const target = parent && {
    reference: `DocumentReference/${context.resourceId('DocumentReference', parent.key)}`
  }
  const relation = trigger.relation && target ? [{ code: trigger.relation, target }] : undefined
  const changes = toChanges([
    ...notificationElements({ message, notification, trigger }, reading),
    ['relatesTo', relation],
    ['content', contentSaid(said, parent, content.attachments)]
  ])
  const isAdded = isOwnAddendum(said, parent) && !isUnavailable(notification)
  const added = isAdded ? content.attachments : undefined
  const entry = toEventEntry(
    defined({ kind: trigger.kind, at: happenedAt(message), ...changes, add: added && { content: added } }),
    { body: bodyOf(said), name, reading }
  )
  return { entry, files: content.files, documents: content.documents }
}

const contentSaid = (said: SaidOf, parent: ItemName | undefined, attachments: unknown): unknown => {
  if (isUnavailable(said.notification)) return withdrawnContent
  return isOwnAddendum(said, parent) ? undefined : attachments
}

const supersededBy = ({ name }: SaidOf): string => `superseded by ${name.key}`

/** What a document replaced that was itself taken back, where the message says what that was: it was never replaced. */
function restored(said: SaidOf): ContributionEntry[] {
  const { message, context, notification, name } = said
  const parent = parentOf(notification, name)
  if (!parent) return []
  const event = { kind: 'restored', at: happenedAt(message), set: {}, cancels: supersededBy(said) }
  const reading = newReading(message, context)
  return [toEventEntry(defined(event), { body: bodyOf(said), name: parent, reading, keepsMarks: true })]
}

/** Of the document that another one replaces. */
function superseded(said: SaidOf, parent: ItemName): ContributionEntry {
  const { message, context } = said
  return toEventEntry(
    defined({ kind: supersededBy(said), at: happenedAt(message), set: { status: 'superseded' } }),
    { body: bodyOf(said), name: parent, reading: newReading(message, context), keepsMarks: true }
  )
}

function withdrawal(said: SaidOf): ContributionEntry {
  const { message, context, name, trigger } = said
  return toEventEntry(
    defined({ kind: trigger.kind, at: happenedAt(message), set: {}, deletes: true as const }),
    { body: bodyOf(said, 'entered-in-error'), name, reading: newReading(message, context) }
  )
}
