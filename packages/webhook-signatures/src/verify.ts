import { timingSafeEqual, verify } from 'node:crypto'
import type { VerifyingKey } from './keys.ts'
import { isWebhookId, macOf, signedContent } from './sign.ts'

/**
 * - `no-id`, `no-timestamp`, `no-signature`: the header is missing, or there twice
 * - `bad-id`, `bad-timestamp`: it is not as the standard has it
 * - `too-old`, `too-new`: sent outside the window of tolerance
 * - `too-many-signatures`: more than anybody rotates through; none was looked at
 * - `wrong-signature`: none of them is by one of the keys
 */
export type SignatureRefusal =
  | 'no-id'
  | 'no-timestamp'
  | 'no-signature'
  | 'bad-id'
  | 'bad-timestamp'
  | 'too-old'
  | 'too-new'
  | 'too-many-signatures'
  | 'wrong-signature'

export type Verification =
  | {
      readonly outcome: 'verified'
      readonly id: string
      /** ms since 1970: when this attempt was sent, to the second. */
      readonly sentAt: number
    }
  | { readonly outcome: 'refused'; readonly reason: SignatureRefusal }

export interface WebhookToVerify {
  /** As Node gives them: names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The bytes as they came: two texts that differ may look the same once decoded. */
  readonly body: Uint8Array
  readonly keys: readonly VerifyingKey[]
  /** ms since 1970 */
  readonly now: number
  /** Either side of now. Default 300. */
  readonly toleranceSeconds?: number
}

const mostSignatures = 16
const macLength = 32
const ed25519Length = 64

/**
 * Whether somebody who has one of the keys sent just these bytes, under this id, not long ago. Never throws.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function verifyWebhook({ headers, body, keys, now, ...options }: WebhookToVerify): Verification {
  const id = single(headers['webhook-id'])
  const timestamp = single(headers['webhook-timestamp'])
  const signatures = single(headers['webhook-signature'])
  if (id === undefined) return refused('no-id')
  if (timestamp === undefined) return refused('no-timestamp')
  if (signatures === undefined) return refused('no-signature')
  if (!isWebhookId(id)) return refused('bad-id')
  // Strictly: what is signed is the text, and a lenient number would let other texts mean the same moment.
  if (!/^[1-9][0-9]{0,11}$/.test(timestamp)) return refused('bad-timestamp')
  const age = now / 1000 - Number(timestamp)
  const { toleranceSeconds = 300 } = options
  if (age > toleranceSeconds) return refused('too-old')
  if (age < -toleranceSeconds) return refused('too-new')
  const given = signatures.split(' ', mostSignatures + 1)
  if (given.length > mostSignatures) return refused('too-many-signatures')
  const content = signedContent(id, timestamp, body)
  if (!given.some((signature) => isByOne(signature, content, keys))) return refused('wrong-signature')
  return { outcome: 'verified', id, sentAt: Number(timestamp) * 1000 }
}

const refused = (reason: SignatureRefusal): Verification => ({ outcome: 'refused', reason })

const single = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' && header !== '' ? header : undefined

/** One of a scheme that we do not know is passed over: a later standard may send both. */
function isByOne(signature: string, content: Buffer, keys: readonly VerifyingKey[]): boolean {
  const comma = signature.indexOf(',')
  const scheme = signature.slice(0, comma)
  const base64 = signature.slice(comma + 1)
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64') !== base64) return false
  return keys.some((key) => key.scheme === scheme && isBy(key, content, bytes))
}

function isBy(key: VerifyingKey, content: Buffer, signature: Buffer): boolean {
  if (key.scheme === 'v1')
    return signature.length === macLength && timingSafeEqual(macOf(key, content), signature)
  return signature.length === ed25519Length && verify(null, content, key.publicKey, signature)
}
