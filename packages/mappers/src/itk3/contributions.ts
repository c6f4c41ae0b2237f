import type { Contribution, MappedMessage } from '@chesil/contracts'
import { type Json, text, word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import type { Item } from '../stu3/item.ts'
import { type DocumentFile, filesOf } from './document-files.ts'
import { documentName, partOf, replacedNames } from './document-names.ts'
import { toIssue, toReplacement, toWithdrawal } from './document-reference.ts'
import { type Document, itemToEntry, itemToQuarantined } from './item-entries.ts'
import { readItems } from './items.ts'
import { logicalReferencesOf, withLogicalReferences } from './logical-references.ts'
import type { Itk3Message } from './message.ts'
import { orderOf } from './order.ts'
import { findPatient, toClaimedSubject } from './person.ts'

/**
 * Maps an ITK3 message to UK Core R4: the document whole, and what its sections are made of as items of their own,
 * which go with the document when another issue, or another document, takes its place.
 *
 * Pure and repeatable. An acknowledgement is about nobody: it is refused as no record.
 */
export function itk3ToContributions(message: Itk3Message, context: MessageContext): MappedMessage {
  if (message.kind === 'acknowledgement') return { outcome: 'refused', reason: 'not-a-record' }
  const patient = findPatient(message)
  const subject = patient && toClaimedSubject(patient, context)
  if (!patient || !subject) return { outcome: 'refused', reason: 'no-person' }
  const name = documentName(message)
  const personId = context.personId(subject.local)
  const entries = message.entries.map((entry) =>
    entry.type === 'MedicationStatement' ? { ...entry, source: asserted(entry.source, message) } : entry
  )
  const answer = readItems({ entries, patient, personId, documentName: name, context })
  const document: Document = { message, answer, name, personId, subject, context }
  const told = isWithdrawn(message) ? withdraw(document) : tell(document)
  return {
    outcome: 'mapped',
    ...orderOf(message, context.receivedAt),
    parts: [{ subject, identity: [], ...told }]
  }
}

interface Told {
  readonly contribution: Contribution
  readonly documents: readonly DocumentFile['document'][]
}

/** A document says its medicines on its day, where they do not say another. */
function asserted(source: Json, { composition }: Itk3Message): Json {
  const date = word(composition?.source['date'])
  return source['dateAsserted'] !== undefined || date === undefined
    ? source
    : { ...source, dateAsserted: date }
}

const isWithdrawn = ({ composition }: Itk3Message): boolean =>
  word(composition?.source['status']) === 'entered-in-error'

/** Nothing of the document is the person's, nor of what it once took the place of. */
const withdraw = (document: Document): Told => ({
  contribution: {
    mode: 'delta',
    wholeParts: wholePartsOf(document),
    sections: [],
    entries: [toWithdrawal(document.name, document)],
    quarantined: []
  },
  documents: []
})

const wholePartsOf = ({ message, name }: Document): string[] => [name, ...replacedNames(message)].map(partOf)

function tell(document: Document): Told {
  const { message, answer, name, personId, context } = document
  const logical = logicalReferencesOf(answer)
  const rewrite = <T>(value: T): T => withLogicalReferences(value, logical)
  const replaced = replacedNames(message)
  const item = toCompositionItem(document)
  const title = text(item.source['title'])
  const files = filesOf(message, { documentName: name, personId, context, title }, item.unread)
  const clinical = answer.items.flatMap((one) => itemToEntry(one, rewrite, document))
  return {
    contribution: {
      mode: 'delta',
      wholeParts: wholePartsOf(document),
      sections: [],
      entries: [
        toIssue(message, name, { context, personId, item, files, replaced, rewrite }),
        ...replaced.map((other) => toReplacement(other, document)),
        ...files.map(({ entry }) => entry),
        ...clinical
      ],
      quarantined: answer.items.flatMap(itemToQuarantined)
    },
    documents: files.map((file) => file.document)
  }
}

/** The Composition in the shape in which the elements of items are mapped; it becomes none itself. */
const toCompositionItem = ({ message, answer }: Document): Item => ({
  type: 'Composition',
  source: message.composition?.source ?? {},
  answer,
  kind: undefined,
  sourceResourceId: '',
  id: '',
  container: undefined,
  inside: false,
  withheld: undefined,
  unread: [],
  links: [],
  insiders: new Set(),
  sections: 0
})
