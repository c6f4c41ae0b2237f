import { findOdsCode, type OdsCode, systems } from '@chesil/fhir'
import { type BundleEntry, entriesOf } from '../itk3/bundle-entries.ts'
import { readXml } from '../itk3/xml/element.ts'
import { resourceToJson } from '../itk3/xml/fhir-json.ts'
import { type Json, many, one, text, uri, word } from '../json.ts'
import { type AdwEvent, findEvent } from './events.ts'
import { namespaceOf } from './namespace.ts'
import { findTarget } from './references.ts'

/** A notice between a hospital and a council, or the answer to one: FHIR DSTU2. */
export interface AdwMessage {
  readonly bundleId: string | undefined
  /** Id of the MessageHeader: what an answer refers to. */
  readonly headerId: string | undefined
  /** SNOMED CT code of what happened, and what it says; of a code that we do not know nothing. */
  readonly eventCode: string | undefined
  readonly event: AdwEvent | undefined
  /** As it was sent; a FHIR instant where the sender is right. */
  readonly sentAt: string | undefined
  readonly sender: OdsCode | undefined
  /** The first of `recipients`. */
  readonly recipient: OdsCode | undefined
  readonly recipients: readonly OdsCode[]
  /** Of an answer: the `headerId` of the notice, and how its processing went, e.g. `ok`. */
  readonly response:
    | { readonly identifier: string | undefined; readonly code: string | undefined }
    | undefined
  readonly header: BundleEntry
  /** What is asked for; an admission notice has none. */
  readonly referral: BundleEntry | undefined
  /** The stay. */
  readonly encounter: BundleEntry | undefined
  /** Of the message itself: what an attached document holds is not among them. */
  readonly entries: readonly BundleEntry[]
  readonly hasDocument: boolean
}

/**
 * @param xml A FHIR DSTU2 Bundle of type `message`.
 * @returns `undefined` for anything else, and for XML that has a document type, is not closed or too deep.
 */
export function readAdwMessage(xml: string): AdwMessage | undefined {
  const root = readXml(xml)
  const bundle = root?.name === 'Bundle' && namespaceOf(xml) === fhir ? resourceToJson(root) : {}
  if (bundle['type'] !== 'message') return undefined
  const all = many(bundle['entry'])
  const own = all.filter(isOfMessage)
  const entries = entriesOf({ entry: own })
  const [header, ...others] = entries.filter(({ type }) => type === 'MessageHeader')
  if (!header || others.length > 0) return undefined
  const referral = findReferral(header, entries)
  const recipients = many(header.source['destination']).flatMap((end) => addressOf(end) ?? [])
  const eventCode = codeOf(one(header.source['event']))
  return {
    bundleId: word(bundle['id']),
    headerId: header.id,
    eventCode,
    event: findEvent(eventCode),
    sentAt: word(header.source['timestamp']),
    sender: addressOf(one(header.source['source'])),
    recipient: recipients[0],
    recipients,
    response: responseOf(one(header.source['response'])),
    header,
    referral,
    encounter: findEncounter(referral, header, entries),
    entries,
    hasDocument: own.length < all.length
  }
}

const fhir = 'http://hl7.org/fhir'

/** An attached document is a Bundle of its own. */
const isOfMessage = (entry: Json): boolean => one(entry['resource'])?.['resourceType'] !== 'Bundle'

function codeOf(event: Json | undefined): string | undefined {
  const system = uri(event?.['system']) ?? systems.snomed
  return system === systems.snomed ? word(event?.['code']) : undefined
}

/** An endpoint of the form `urn:nhs-uk:addressing:ods:{ODS code}`; of several the first. */
function addressOf(endpoint: Json | undefined): OdsCode | undefined {
  const [, code] = /^urn:nhs-uk:addressing:ods:(\w+)$/i.exec(word(endpoint?.['endpoint']) ?? '') ?? []
  return findOdsCode(code ?? '')
}

const responseOf = (response: Json | undefined): AdwMessage['response'] =>
  response && { identifier: text(response['identifier']), code: word(response['code']) }

/** What the header says the message is about, else the only one there is. */
function findReferral(header: BundleEntry, entries: readonly BundleEntry[]): BundleEntry | undefined {
  const focus = many(header.source['data'])
    .map((reference) => findTarget(reference, 'ReferralRequest', header, entries))
    .find((found) => found !== undefined)
  return focus ?? onlyOf('ReferralRequest', entries)
}

/** That of the request; one that is named and not there is not replaced by another. */
function findEncounter(
  referral: BundleEntry | undefined,
  header: BundleEntry,
  entries: readonly BundleEntry[]
): BundleEntry | undefined {
  const named = one(referral?.source['encounter'])
  if (referral && named) return findTarget(named, 'Encounter', referral, entries)
  const focus = many(header.source['data'])
    .map((reference) => findTarget(reference, 'Encounter', header, entries))
    .find((found) => found !== undefined)
  return focus ?? onlyOf('Encounter', entries)
}

function onlyOf(type: string, entries: readonly BundleEntry[]): BundleEntry | undefined {
  const [only, ...others] = entries.filter((entry) => entry.type === type)
  return others.length === 0 ? only : undefined
}
