import type { Random } from '../../random.ts'
import type { Element } from './fhir-xml.ts'
import { type BundledResource, resource } from './sections.ts'

export interface MessageFacts {
  readonly ids: Random
  /** An instant. */
  readonly at: string
  readonly messageId: string
  readonly sender: BundledResource
}

const profile = (name: string): Element => ({
  profile: `https://fhir.nhs.uk/STU3/StructureDefinition/${name}`
})
const identifier = (value: string): Element => ({ system: 'https://tools.ietf.org/html/rfc4122', value })
const entryOf = ({ id, content }: BundledResource): Element => ({
  fullUrl: `urn:uuid:${id}`,
  resource: content
})

/** The ITK3 message that carries a document. @param entries The Composition first. */
export function messageAround(
  entries: readonly BundledResource[],
  { ids, at, messageId, sender }: MessageFacts
): { readonly [name: string]: Element | undefined } {
  const document = resource('Bundle', {
    id: ids.uuid(),
    meta: { lastUpdated: at, profile: 'https://fhir.nhs.uk/STU3/StructureDefinition/ITK-Document-Bundle-1' },
    identifier: identifier(ids.uuid()),
    type: 'document',
    entry: entries.map(entryOf)
  })
  const header = resource('MessageHeader', {
    id: ids.uuid(),
    extension: handling,
    event: {
      system: 'https://fhir.nhs.uk/STU3/CodeSystem/ITK-MessageEvent-2',
      code: 'ITK007C',
      display: 'ITK GP Connect Send Document'
    },
    sender: sender.reference,
    timestamp: at,
    source: { endpoint: 'CHALKDOWNS01' },
    focus: document.reference
  })
  return {
    resourceType: 'Bundle',
    id: messageId,
    meta: profile('ITK-Message-Bundle-1'),
    identifier: identifier(messageId),
    type: 'message',
    entry: [header, sender, document].map(entryOf)
  }
}

const handling: Element = {
  url: 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-ITK-MessageHandling-2',
  extension: [
    { url: 'BusAckRequested', valueBoolean: true },
    { url: 'InfAckRequested', valueBoolean: true },
    {
      url: 'RecipientType',
      valueCoding: {
        system: 'https://fhir.nhs.uk/STU3/CodeSystem/ITK-RecipientType-1',
        code: 'FA',
        display: 'For Action'
      }
    },
    {
      url: 'MessageDefinition',
      valueReference: {
        reference: 'https://fhir.nhs.uk/STU3/MessageDefinition/ITK-GPConnectSendDocument-MessageDefinition-1'
      }
    }
  ]
}
