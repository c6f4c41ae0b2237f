import { createHmac, sign } from 'node:crypto'
import type { SharedKey, SigningKey } from './keys.ts'

/** The headers of a signed webhook. */
export interface WebhookHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

export interface WebhookToSign {
  /** The same at every attempt; no full stop in it. */
  readonly id: string
  /** ms since 1970: of this attempt. */
  readonly now: number
  readonly body: Uint8Array
  /** All that are live: while one takes the place of another, the receiver has either. */
  readonly keys: readonly SigningKey[]
}

/** @throws Error for an id that could not be told from the rest of what is signed, and where there is no key. */
export function signWebhook({ id, now, body, keys }: WebhookToSign): WebhookHeaders {
  if (!isWebhookId(id))
    throw new Error('The id of a webhook is 1 to 256 visible characters without a full stop')
  if (keys.length === 0) throw new Error('There is no key to sign with')
  const timestamp = String(Math.floor(now / 1000))
  const content = signedContent(id, timestamp, body)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': keys.map((key) => signatureBy(key, content)).join(' ')
  }
}

/** Visible ASCII; a full stop parts the id from what follows, so one inside it could move that border. */
export const webhookIdPattern = '^[!-\\-/-~]{1,256}$'
const webhookId = new RegExp(webhookIdPattern)
export const isWebhookId = (id: string): boolean => webhookId.test(id)

export const signedContent = (id: string, timestamp: string, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${id}.${timestamp}.`, 'latin1'), body])

export const macOf = ({ secret }: SharedKey, content: Buffer): Buffer =>
  createHmac('sha256', secret).update(content).digest()

function signatureBy(key: SigningKey, content: Buffer): string {
  if (key.scheme === 'v1') return `v1,${macOf(key, content).toString('base64')}`
  return `v1a,${sign(null, content, key.privateKey).toString('base64')}`
}
