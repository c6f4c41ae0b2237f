import type { Hl7v2Sender, SourceCatalogue } from '@chesil/contracts'
import { createPeerFilter } from '@chesil/mllp'
import { findCharacterSet } from '../hl7v2/character-sets.ts'
import type { Header } from '../hl7v2/header.ts'
import { createDoorCheck } from './deny-list.ts'

/** The other end of a connection. */
export interface Peer {
  readonly remoteAddress?: string
  /** Common name of the client certificate that it showed and we trust. */
  readonly certificateName?: string
}

/** A source as the door knows it. */
export interface Sender {
  readonly source: Hl7v2Sender
  /** Of messages that name none. */
  readonly characterSet: string
  readonly check: ReturnType<typeof createDoorCheck>
  /** See `peers` in the catalogue. */
  readonly mayComeFrom: (peer: Peer) => boolean
}

/**
 * Who sends, by MSH-3 and MSH-4: the application at its facility, else the facility whatever the application.
 *
 * @throws Error when a source's character set or addresses cannot be read.
 */
export function createSenders(catalogue: SourceCatalogue): (header: Header) => Sender | undefined {
  const senders = new Map<string, Sender>()
  for (const source of catalogue.sources) {
    if (source.kind !== 'hl7v2' || source.releaseStage !== 'live') continue
    const characterSet = findCharacterSet(source.characterSet ?? 'UNICODE UTF-8')
    if (characterSet === undefined) throw new Error(`${source.id}: its character set cannot be read`)
    const sender = {
      source,
      characterSet,
      check: createDoorCheck(source),
      mayComeFrom: createPeerCheck(source)
    }
    for (const { application, facility } of source.senders) senders.set(keyOf(application, facility), sender)
  }
  return ({ sendingApplication, sendingFacility, delimiters }) => {
    const name = (field: string) => field.split(delimiters.component)[0] ?? ''
    const facility = name(sendingFacility)
    return senders.get(keyOf(name(sendingApplication), facility)) ?? senders.get(keyOf(undefined, facility))
  }
}

const keyOf = (application: string | undefined, facility: string): string =>
  JSON.stringify([application?.trim().toLowerCase() ?? null, facility.trim().toLowerCase()])

function createPeerCheck({ peers }: Hl7v2Sender): Sender['mayComeFrom'] {
  const isAddress = peers?.addresses && createPeerFilter(peers.addresses)
  const names = peers?.certificateNames
  return ({ remoteAddress, certificateName }) =>
    (!isAddress || (remoteAddress !== undefined && isAddress(remoteAddress))) &&
    (!names || (certificateName !== undefined && names.includes(certificateName)))
}
