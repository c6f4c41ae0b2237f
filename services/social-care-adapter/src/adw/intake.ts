import type { AdwSender } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import { type AdwMessage, readAdwMessage } from '@chesil/mappers'
import { decodeFhirXml } from '@chesil/message-intake'
import { type KeepDeps, keepMessage } from '../intake/keep-message.ts'
import { adwInterface } from '../interfaces.ts'

export interface AdwIntakeDeps extends KeepDeps {
  readonly exchanges: readonly AdwSender[]
}

export interface AdwDelivery {
  readonly bytes: Buffer
  /** Whose system sends, by its token. */
  readonly organisation: string
}

/**
 * Takes notices between hospitals and councils in at the door. A notice and its answer come under the hospital's entry in
 * the catalogue, whoever sends: so they become one Task.
 *
 * @throws OutcomeError `invalid`, `forbidden` or `unavailable`: nothing is kept.
 */
export function createAdwIntake(deps: AdwIntakeDeps) {
  return async ({ bytes, organisation }: AdwDelivery): Promise<AdwMessage> => {
    const message = readBytes(bytes)
    if (!message) {
      deps.onOutcome('unknown', 'unreadable')
      throw new OutcomeError('invalid', 'Not a message in FHIR DSTU2 as XML, in UTF-8')
    }
    const source = findExchange(message, organisation, deps.exchanges)
    if (!source) {
      deps.onOutcome('unknown', 'unknownSender')
      throw new OutcomeError(
        'forbidden',
        'The token’s organisation is not the sender of the message, or no exchange of notices is known between its ends'
      )
    }
    const { sender = organisation, headerId = '', event } = message
    const kept = { sourceId: source.id, interface: adwInterface, bytes, sender, controlId: headerId }
    await keepMessage({ ...kept, event: event?.says ?? 'other' }, deps)
    return message
  }
}

/** Of the bytes as they came, or were kept. */
export function readBytes(bytes: Buffer): AdwMessage | undefined {
  const text = decodeFhirXml(bytes)
  return text === undefined ? undefined : readAdwMessage(text)
}

/** The hospital's, at whichever end it is: whoever sends may be one of its sites. */
function findExchange(
  { sender, recipient }: AdwMessage,
  organisation: string,
  exchanges: readonly AdwSender[]
): AdwSender | undefined {
  const live = exchanges.filter(({ releaseStage }) => releaseStage === 'live')
  const ofHospital = (code: string | undefined) =>
    live.find(({ odsCode, sites = [] }) => code !== undefined && [odsCode, ...sites].includes(code))
  const sending = ofHospital(sender)
  const isSender = sender === organisation || sending?.odsCode === organisation
  return isSender ? (sending ?? ofHospital(recipient)) : undefined
}
