import type { SourceCatalogue } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import { type AdwMessage, readAdwMessage } from '@chesil/mappers'
import { decodeFhirXml } from '@chesil/message-intake'
import { type KeepDeps, keepMessage } from '../intake/keep-message.ts'
import { adwInterface } from '../interfaces.ts'
import { adwSourcesOf, findAdwSource } from './sources.ts'

export interface AdwIntakeDeps extends KeepDeps {
  readonly catalogue: Pick<SourceCatalogue, 'sources'>
}

export interface AdwDelivery {
  readonly bytes: Buffer
  /** Whose system sends, by its token. */
  readonly organisation: string
}

/** @returns our id of the message, once it is committed. */
export type AdwIntake = (delivery: AdwDelivery) => Promise<string>

/**
 * Takes notices between hospitals and councils in at the door. A notice and its answer come under the hospital's entry in
 * the catalogue, whoever sends: so they become one Task.
 *
 * @throws OutcomeError `invalid`, `forbidden` or `unavailable`: nothing is kept.
 */
export function createAdwIntake(deps: AdwIntakeDeps): AdwIntake {
  const sources = adwSourcesOf(deps.catalogue)
  return async ({ bytes, organisation }) => {
    const message = readNotice(bytes)
    if (!message) {
      deps.onOutcome(sources.get(organisation)?.id ?? 'unknown', 'unreadable')
      throw new OutcomeError('invalid', 'Not a message in FHIR DSTU2 as XML, in UTF-8')
    }
    const source = findAdwSource(message, organisation, sources)
    if (!source) {
      deps.onOutcome('unknown', 'unknownSender')
      throw new OutcomeError(
        'forbidden',
        'The token’s organisation does not send for this message, or no exchange of notices is known between its ends'
      )
    }
    if (message.recipients.length === 0) {
      deps.onOutcome(source.id, 'unreadable')
      throw new OutcomeError('invalid', 'MessageHeader.destination names nobody by an ODS code')
    }
    const { sender = organisation, headerId = '' } = message
    const kept = { sourceId: source.id, interface: adwInterface, bytes, sender, controlId: headerId }
    return await keepMessage({ ...kept, event: eventOf(message) }, deps)
  }
}

/** Of the bytes as they came, or were kept. */
export function readNotice(bytes: Buffer): AdwMessage | undefined {
  const text = decodeFhirXml(bytes)
  return text === undefined ? undefined : readAdwMessage(text)
}

/** e.g. `withdrawal assessment+discharge` */
const eventOf = ({ event }: AdwMessage): string =>
  event ? [event.says, event.of.join('+')].filter(Boolean).join(' ') : 'other'
