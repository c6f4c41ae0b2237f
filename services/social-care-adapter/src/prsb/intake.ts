import type { PrsbSender } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import { readPrsb } from '@chesil/mappers'
import { type KeepDeps, keepMessage } from '../intake/keep-message.ts'
import { prsbInterface } from '../interfaces.ts'

export interface PrsbIntakeDeps extends KeepDeps {
  /** By ODS code. */
  readonly senders: ReadonlyMap<string, PrsbSender>
}

export interface PrsbDelivery {
  readonly bytes: Buffer
  /** Whose system sends, by its token. */
  readonly organisation: string
}

/**
 * Takes filled-in forms of PRSB's standards in at the door. What holds nobody's answers is told so, and not kept.
 *
 * @returns our id of the form, once it is committed.
 * @throws OutcomeError `forbidden`, `invalid`, `unmappable` or `unavailable`: nothing is kept.
 */
export function createPrsbIntake(deps: PrsbIntakeDeps) {
  return async ({ bytes, organisation }: PrsbDelivery): Promise<string> => {
    const source = deps.senders.get(organisation)
    if (!source) {
      deps.onOutcome('unknown', 'unknownSender')
      throw new OutcomeError('forbidden', 'No sender of forms is known under this organisation')
    }
    const content = readPrsb(parse(bytes, () => deps.onOutcome(source.id, 'unreadable')))
    if (content.outcome === 'refused') {
      deps.onOutcome(source.id, 'refused')
      throw new OutcomeError('unmappable', content.text)
    }
    const controlId = String(content.response['id'] ?? '')
    const kept = { sourceId: source.id, interface: prsbInterface, bytes, sender: organisation }
    return await keepMessage({ ...kept, controlId, event: content.kind }, deps)
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function parse(bytes: Buffer, onUnreadable: () => void): unknown {
  try {
    return readJsonBytes(bytes)
  } catch {
    onUnreadable()
    throw new OutcomeError('invalid', 'Not JSON in UTF-8')
  }
}

/** @throws SyntaxError or TypeError for what is no JSON in UTF-8. */
export const readJsonBytes = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes))
