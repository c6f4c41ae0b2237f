import { findOdsCode, type OdsCode, systems } from '@chesil/fhir'
import { flag, type Json, many, one, text, uri, word } from '../json.ts'
import { extensionsOf } from '../stu3/elements/extensions.ts'
import { type BundleEntry, bundlesOf, entriesOf, findEntry } from './bundle-entries.ts'
import { readXml } from './xml/element.ts'
import { resourceToJson } from './xml/fhir-json.ts'

/** An ITK3 message: what its header says, and its resources for `itk3ToContributions`. */
export interface Itk3Message {
  /** `document`: a document Bundle that came without a message around it. */
  readonly kind: 'message' | 'document' | 'acknowledgement'
  /** Code of ITK-MessageEvent-2, as `ITK007C`. */
  readonly event: string | undefined
  /** The sender's name of this message: `Bundle.identifier`, as `system|value`; else the id of its header. */
  readonly messageId: string | undefined
  /** What an acknowledgement refers to: the id of the MessageHeader, else the value of `Bundle.identifier`. */
  readonly headerId: string | undefined
  readonly sender: OdsCode | undefined
  readonly recipient: OdsCode | undefined
  /** Where the sender takes answers, as a MESH mailbox. */
  readonly replyTo: string | undefined
  readonly acknowledge: { readonly infrastructure: boolean; readonly business: boolean }
  /** The whole message, and the Bundle that is its document; the same where there is no message around it. */
  readonly bundle: Json
  readonly document: Json
  readonly header: Json | undefined
  readonly composition: BundleEntry | undefined
  readonly entries: readonly BundleEntry[]
  /** As it came. */
  readonly xml: string
}

/**
 * @param xml A FHIR STU3 Bundle of type `message` or `document`.
 * @returns `undefined` for anything else, and for XML that has a document type, is not closed or too deep.
 */
export function readItk3Message(xml: string): Itk3Message | undefined {
  const root = readXml(xml)
  const bundle = root?.name === 'Bundle' ? resourceToJson(root) : {}
  if (bundle['type'] !== 'message' && bundle['type'] !== 'document') return undefined
  const entries = entriesOf(bundle)
  const header = entries.find(({ type }) => type === 'MessageHeader')
  const composition = entries.find(({ type }) => type === 'Composition')
  if (bundle['type'] === 'message' ? header === undefined : composition === undefined) return undefined
  const kind = kindOf(header?.source)
  return {
    kind,
    ...namesOf(bundle, header),
    sender: senderOf(entries, header, composition),
    recipient: recipientOf(entries, header),
    replyTo: word(one(header?.source['source'])?.['endpoint']),
    acknowledge: kind === 'message' ? askedFor(header?.source) : { infrastructure: false, business: false },
    bundle,
    document: bundlesOf(bundle).find((one) => one['type'] === 'document') ?? bundle,
    header: header?.source,
    composition,
    entries,
    xml
  }
}

const eventOf = (header: Json | undefined): string | undefined => word(one(header?.['event'])?.['code'])

function kindOf(header: Json | undefined): Itk3Message['kind'] {
  if (header === undefined) return 'document'
  const isAnswer = one(header['response']) !== undefined || eventOf(header) === 'ITK008M'
  return isAnswer ? 'acknowledgement' : 'message'
}

function namesOf(
  bundle: Json,
  header: BundleEntry | undefined
): Pick<Itk3Message, 'event' | 'messageId' | 'headerId'> {
  const id = word(bundle['id'])
  return {
    event: eventOf(header?.source),
    messageId: identifierOf(bundle) ?? header?.id ?? id,
    headerId: header?.id ?? word(one(bundle['identifier'])?.['value']) ?? id
  }
}

function identifierOf(bundle: Json): string | undefined {
  const identifier = one(bundle['identifier'])
  const value = text(identifier?.['value'])
  return value === undefined ? undefined : `${uri(identifier?.['system']) ?? ''}|${value}`
}

/**
 * A sender that cannot be understood to want no answer gets one.
 *
 * @see https://developer.nhs.uk/apis/itk3messagedistribution-2-10-0/explore_response_structure.html
 */
function askedFor(header: Json | undefined): Itk3Message['acknowledge'] {
  const [handling] = extensionsOf(header).get('itk-messagehandling') ?? []
  const parts = extensionsOf(handling)
  const isAsked = (name: string) => flag(parts.get(name)?.[0]?.['valueBoolean']) ?? true
  return { infrastructure: isAsked('infackrequested'), business: isAsked('busackrequested') }
}

const organisationOf = (entries: readonly BundleEntry[], reference: unknown): OdsCode | undefined =>
  odsCodeOf(many(findEntry(entries, reference, 'Organization')?.source['identifier'])) ??
  odsCodeOf(many(one(reference)?.['identifier']))

function odsCodeOf(identifiers: readonly Json[]): OdsCode | undefined {
  const [identifier] = identifiers.filter(
    ({ system }) => uri(system) === systems.odsOrganisation || uri(system) === systems.odsSite
  )
  return findOdsCode(word(identifier?.['value']) ?? '')
}

function senderOf(
  entries: readonly BundleEntry[],
  header: BundleEntry | undefined,
  composition: BundleEntry | undefined
): OdsCode | undefined {
  if (header) return organisationOf(entries, header.source['sender'])
  const authors = many(composition?.source['author'])
  return [composition?.source['custodian'], ...authors]
    .map((reference) => organisationOf(entries, reference))
    .find((code) => code !== undefined)
}

function recipientOf(entries: readonly BundleEntry[], header: BundleEntry | undefined): OdsCode | undefined {
  const [destination] = many(header?.source['destination'])
  return (
    organisationOf(entries, header?.source['receiver']) ?? organisationOf(entries, destination?.['receiver'])
  )
}
