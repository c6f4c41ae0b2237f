import { OutcomeError } from '@chesil/fhir'
import type { ClaimedWebhook, WebhookSettlement } from '@chesil/record-store'
import { isRejected, type Refusal, refusals } from '../hl7v2/refusals.ts'
import { characterSetOf } from '../intake/hl7v2-route.ts'
import type { Intake } from '../intake/intake.ts'

/**
 * An HL7 v2 message that a partner sent to the gateway, taken in as if it had come here: for the partner's own sources.
 *
 * @throws OutcomeError `unavailable`: it may be tried again.
 */
export const createHl7v2Door =
  (intake: Intake) =>
  async ({ body, contentType, sourceIds }: ClaimedWebhook): Promise<WebhookSettlement> => {
    const characterSet = characterSetOf(contentType)
    const { outcome, messageIds } = await intake({
      bytes: body,
      sourceIds,
      ...(characterSet !== undefined && { characterSet })
    })
    if (outcome === 'ignored') return { outcome: 'rejected', reason: 'acknowledgement', issues: [noAnswer] }
    if (isRejected(outcome)) return toRejection(outcome as Refusal)
    if (outcome === 'unavailable') throw new OutcomeError('unavailable', refusals.unavailable.text)
    return {
      outcome: 'taken',
      inboxMessageIds: messageIds,
      ...(outcome === 'denied' && { reason: 'denied' })
    }
  }

const noAnswer = { text: 'An acknowledgement is answered by nobody: do not send it', expression: 'MSH-9' }

function toRejection(refusal: Refusal): WebhookSettlement {
  const said = refusals[refusal]
  const expression = 'field' in said ? `MSH-${said.field}` : 'MSH'
  return { outcome: 'rejected', reason: codeOf(refusal), issues: [{ text: said.text, expression }] }
}

/** `noControlId` is `no-control-id` to a partner, as all its codes are written. */
const codeOf = (refusal: Refusal): string =>
  refusal.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
