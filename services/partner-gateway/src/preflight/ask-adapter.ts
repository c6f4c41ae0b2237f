import { type Preflight, type WebhookForm, webhookTakers } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import { type PreflightQuestion, preflightPath } from '@chesil/message-intake'
import type { WebhookToAccept } from '@chesil/record-store'
import type { Outbound } from '@chesil/source-clients'
import { type SharedKey, signWebhook } from '@chesil/webhook-signatures'

export interface AskAdapterDeps {
  readonly outbound: Pick<Outbound, 'exchange'>
  /** Addresses without a trailing slash; absent: that adapter is not asked. */
  readonly urls: Partial<Readonly<Record<(typeof webhookTakers)[WebhookForm], string>>>
  /** Absent: none is asked. */
  readonly key: SharedKey | undefined
  readonly newId: () => string
  /** ms since 1970 */
  readonly now: () => number
}

const timeoutMs = 10_000
const maxAnswerBytes = 16_777_216

/**
 * Asks the adapter that would take an event what would become of it.
 *
 * @throws OutcomeError `unavailable` where it cannot be asked.
 */
export function createAskAdapter({ outbound, urls, key, newId, now }: AskAdapterDeps) {
  return async (event: WebhookToAccept, sourceIds: readonly string[]): Promise<Preflight> => {
    const url = urls[webhookTakers[event.form]]
    if (key === undefined || url === undefined)
      throw new OutcomeError('unavailable', 'What would become of such an event cannot be told here')
    const { partnerId, eventId, form, contentType } = event
    const question: PreflightQuestion = {
      ...{ partnerId, eventId, form, contentType },
      sourceIds: [...sourceIds],
      body: event.body.toString('base64')
    }
    const body = Buffer.from(JSON.stringify(question))
    const answer = await outbound.exchange({
      method: 'POST',
      url: `${url}${preflightPath}`,
      headers: {
        'content-type': 'application/json',
        ...signWebhook({ id: newId(), now: now(), body, keys: [key] })
      },
      body,
      signal: AbortSignal.timeout(timeoutMs),
      maxBytes: maxAnswerBytes
    })
    if (answer.status !== 200)
      throw new OutcomeError('unavailable', 'It could not be told just now: try again')
    return JSON.parse(Buffer.from(answer.body).toString('utf8')) as Preflight
  }
}
