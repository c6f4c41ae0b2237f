import type { ContributionEntry, ItemEvent } from '@chesil/contracts'
import {
  type DocumentReference,
  defined,
  isFhirDateTime,
  type Meta,
  type Reference,
  systems
} from '@chesil/fhir'
import { itemMeta } from '../item-meta.ts'
import { type Json, many, one, some, text, word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import { findCode, same, toConcept, toConcepts } from '../stu3/elements/coding.ts'
import { toPeriod } from '../stu3/elements/dates.ts'
import { extensionsOf } from '../stu3/elements/extensions.ts'
import { toIdentifier } from '../stu3/elements/identifiers.ts'
import { authors, encounters, organisations, toReference, toReferences } from '../stu3/elements/references.ts'
import type { Item } from '../stu3/item.ts'
import type { DocumentFile } from './document-files.ts'
import type { Itk3Message } from './message.ts'
import { issuedAt } from './order.ts'

const documentStatuses = same('preliminary', 'final', 'amended', 'entered-in-error')
const notReceived = { attachment: { title: 'The document was not received' } }

export interface Telling {
  readonly context: MessageContext
  readonly personId: string
}

const documentReferenceId = (documentName: string): string => `DocumentReference/${documentName}`

/** What a document is in each of its events, whichever comes first. */
function entryOf(
  documentName: string,
  { context, personId }: Telling,
  event: Omit<ItemEvent, 'base'>
): ContributionEntry {
  const sourceResourceId = documentReferenceId(documentName)
  const base: DocumentReference = {
    resourceType: 'DocumentReference',
    id: context.resourceId('DocumentReference', sourceResourceId),
    meta: itemMeta(context.source, 'DocumentReference', ['documents']),
    status: 'current',
    subject: { reference: `Patient/${personId}` },
    content: [notReceived]
  }
  return {
    resourceType: 'DocumentReference',
    sourceResourceId,
    event: { base, ...event },
    sections: ['documents']
  }
}

/** The document was withdrawn by its sender. */
export const toWithdrawal = (documentName: string, telling: Telling): ContributionEntry =>
  entryOf(documentName, telling, { kind: 'withdrawal', set: {}, deletes: true })

/** Another document took its place; it may come later itself. */
export const toReplacement = (documentName: string, telling: Telling): ContributionEntry =>
  entryOf(documentName, telling, { kind: 'replacement', set: { status: 'superseded' } })

export interface Issue extends Telling {
  /** An item to map the Composition with; its `unread` is told to the reader. */
  readonly item: Item
  readonly files: readonly DocumentFile[]
  readonly replaced: readonly string[]
  /** Puts who and what is outside the record in place of references to them. */
  readonly rewrite: <T>(value: T) => T
}

/**
 * This issue of the document. It is current as `base` has it, and no issue makes it current again that another document
 * has replaced.
 */
export function toIssue(message: Itk3Message, documentName: string, issue: Issue): ContributionEntry {
  const { item, rewrite } = issue
  const elements = rewrite(toElements(message, issue))
  const set = defined({ ...elements, meta: metaOf(issue) })
  const date = word(item.source['date'])
  return entryOf(
    documentName,
    issue,
    defined({
      kind: 'issue',
      at: date !== undefined && isFhirDateTime(date) ? date : undefined,
      set,
      clear: clearable.filter((name) => set[name] === undefined)
    })
  )
}

const clearable: readonly (keyof DocumentReference)[] = [
  ...([
    'extension',
    'masterIdentifier',
    'identifier',
    'docStatus',
    'type',
    'category',
    'date',
    'author'
  ] as const),
  ...(['authenticator', 'custodian', 'relatesTo', 'description', 'securityLabel', 'context', 'text'] as const)
]

function toElements(
  message: Itk3Message,
  { item, files, replaced, context }: Issue
): Readonly<Partial<Record<keyof DocumentReference, unknown>>> {
  const { document, header } = message
  const { source } = item
  const own = one(source['identifier'])
  const version = one(document['identifier'])
  const event = one(header?.['event'])
  return {
    masterIdentifier: version && toIdentifier(version, item),
    identifier: some([own && toIdentifier(own, item)].filter((found) => found !== undefined)),
    docStatus: findCode(source['status'], documentStatuses, { label: 'Status', item }),
    type: toConcept(source['type'], 'Type', item) ?? toConcept(event && { coding: event }, 'Type', item),
    category: toConcepts(source['class'], 'Class', item),
    date: dateOf(source, message),
    author: toReferences(source['author'], item, authors),
    authenticator: toReference(authenticatorOf(source), item, authors),
    custodian: toReference(source['custodian'], item, organisations),
    relatesTo: some(
      replaced.map((name) => ({
        code: 'replaces',
        target: {
          reference: `DocumentReference/${context.resourceId('DocumentReference', documentReferenceId(name))}`
        }
      }))
    ),
    description: text(source['title']) ?? text(event?.['display']),
    securityLabel: toLabels(source),
    content: files.map(({ attachment }) => ({ attachment })),
    context: toContext(source, item)
  }
}

/** R4 wants an exact time; of a document that gives its day alone, when it was put together. */
function dateOf(source: Json, message: Itk3Message): string | undefined {
  const date = word(source['date']) ?? ''
  if (date.length > 10 && isFhirDateTime(date)) return date
  const issued = issuedAt(message)
  return issued === undefined ? undefined : new Date(issued).toISOString()
}

function authenticatorOf(source: Json): unknown {
  const attesters = many(source['attester'])
  const isLegal = ({ mode }: Json) => [mode].flat().includes('legal')
  return (attesters.find(isLegal) ?? attesters[0])?.['party']
}

function toContext(source: Json, item: Item): DocumentReference['context'] {
  const [event] = many(source['event'])
  const settings = extensionsOf(source)
  const setting = settings.get('caresettingtype')?.[0]?.['valueCodeableConcept']
  const context = defined({
    encounter: toReferences(source['encounter'], item, encounters) as Reference[] | undefined,
    event: toConcepts(event?.['code'], 'Event', item),
    period: toPeriod(event?.['period'], 'Service', item),
    practiceSetting: toConcept(setting, 'Care setting', item)
  })
  return Object.keys(context).length > 0 ? (context as DocumentReference['context']) : undefined
}

/** `Composition.confidentiality`; a document that does not say is a normal one. */
function toLabels(source: Json): DocumentReference['securityLabel'] {
  const code = confidentialityOf(source)
  return code === undefined ? undefined : [{ coding: [{ system: systems.confidentiality, code }] }]
}

export function confidentialityOf(source: Json): string | undefined {
  const code = word(source['confidentiality'])
  return code !== undefined && /^[ULMNRV]$/.test(code) ? code : undefined
}

function metaOf({ context, item }: Issue): Meta {
  return itemMeta(
    context.source,
    'DocumentReference',
    ['documents'],
    item.unread.length > 0 ? ['degraded'] : []
  )
}
