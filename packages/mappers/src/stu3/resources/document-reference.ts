import {
  type DocumentReference,
  type DocumentReferenceContent,
  type DocumentReferenceContext,
  type DocumentReferenceRelatesTo,
  defined
} from '@chesil/fhir'
import { each, isJson, type Json, many, one, text } from '../../json.ts'
import { toAttachment } from '../elements/attachments.ts'
import { findCode, same, toCode, toCoding, toConcept, toConcepts } from '../elements/coding.ts'
import { toDateTime, toInstant, toPeriod } from '../elements/dates.ts'
import { toIdentifier, toIdentifiers } from '../elements/identifiers.ts'
import {
  authors,
  encounters,
  organisations,
  targets,
  toReference,
  toReferences
} from '../elements/references.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'

const statuses = same('current', 'superseded', 'entered-in-error')
const documentStatuses: ReadonlyMap<string, NonNullable<DocumentReference['docStatus']>> = new Map([
  ...same('preliminary', 'final', 'amended', 'entered-in-error'),
  ['appended', 'amended']
])
const relations = same('replaces', 'transforms', 'signs', 'appends')

/**
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-documentreference
 * @see https://hl7.org/fhir/R4/documentreference-version-maps.html
 */
export function toDocumentReference(source: Json, item: Item): DocumentReference {
  const master = one(source['masterIdentifier'])
  const created = toDateTime(source['created'], 'Created', item)
  return defined({
    resourceType: 'DocumentReference' as const,
    masterIdentifier: master && toIdentifier(master, item),
    identifier: toIdentifiers(source['identifier'], item),
    status: toCode(source['status'], statuses, 'current', { label: 'Status', item }),
    docStatus: findCode(source['docStatus'], documentStatuses, { label: 'Document status', item }),
    type: toConcept(source['type'], 'Type', item),
    category: toConcepts(source['class'], 'Class', item),
    subject: subjectOf(item),
    // An exact creation stands in where the time of indexing is missing.
    date: toInstant(
      source['indexed'] ?? (created && created.length > 10 ? created : undefined),
      'Indexed',
      item
    ),
    author: toReferences(source['author'], item, authors),
    authenticator: toReference(
      source['authenticator'],
      item,
      targets('Practitioner', 'PractitionerRole', 'Organization')
    ),
    custodian: toReference(source['custodian'], item, organisations),
    relatesTo: each(source['relatesTo'], (relation) => toRelation(relation, item)),
    description: text(source['description']),
    securityLabel: toConcepts(source['securityLabel'], 'Security label', item),
    content: toContents(source, created, item),
    context: toContext(one(source['context']), item)
  })
}

/** R4 keeps the creation with the attachment, and wants one content at least. */
function toContents(source: Json, created: string | undefined, item: Item): DocumentReferenceContent[] {
  const contents = many(source['content']).flatMap((content): DocumentReferenceContent[] => {
    const attachment = toAttachment(one(content['attachment']) ?? {}, item, created)
    const format = isJson(content['format']) ? toCoding(content['format'], 'Format', item) : undefined
    return attachment ? [defined({ attachment, format })] : []
  })
  if (contents.length > 0) return contents
  item.unread.push('Where the document lies was not recorded')
  return [{ attachment: defined({ title: 'Not recorded', creation: created }) }]
}

function toRelation(source: Json, item: Item): DocumentReferenceRelatesTo | undefined {
  const code = findCode(source['code'], relations, { label: 'Relation to another document', item })
  const target = toReference(source['target'], item, targets('DocumentReference'))
  return code && target && { code, target }
}

function toContext(source: Json | undefined, item: Item): DocumentReferenceContext | undefined {
  if (source === undefined) return undefined
  const related = many(source['related']).map((one) => one['ref'] ?? one)
  const context = defined({
    encounter: toReferences(source['encounter'], item, encounters),
    event: toConcepts(source['event'], 'Event', item),
    period: toPeriod(source['period'], 'Service', item),
    facilityType: toConcept(source['facilityType'], 'Facility', item),
    practiceSetting: toConcept(source['practiceSetting'], 'Setting', item),
    related: toReferences(related, item, undefined)
  })
  return Object.keys(context).length > 0 ? context : undefined
}
