import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes
} from 'node:crypto'
import { OutcomeError } from '@chesil/fhir'

/** A key that makes and checks `v1` signatures: both ends have it. */
export interface SharedKey {
  readonly scheme: 'v1'
  readonly secret: Buffer
}

/** The private half of an ed25519 pair: it makes `v1a` signatures. */
export interface PrivateKey {
  readonly scheme: 'v1a'
  readonly privateKey: KeyObject
}

/** The public half: it checks them, and may be told to anybody. */
export interface PublicKey {
  readonly scheme: 'v1a'
  readonly publicKey: KeyObject
}

export type SigningKey = SharedKey | PrivateKey
export type VerifyingKey = SharedKey | PublicKey

const shortest = 24
const longest = 64
const seedBytes = 32
/** DER of PKCS #8 and of SPKI around 32 bytes. @see https://www.rfc-editor.org/rfc/rfc8410 */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * @param text `whsec_` and 24 to 64 bytes in base64, or `whsk_` and the 32 bytes of an ed25519 seed (or 64: seed and
 *   public key).
 * @throws OutcomeError `invalid`, which repeats nothing of the text.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function parseSigningKey(text: string): SigningKey {
  if (text.startsWith('whsec_')) return parseShared(text)
  if (!text.startsWith('whsk_')) throw refuse('A signing key begins with whsec_ or whsk_')
  const bytes = decode(text)
  if (bytes.length !== seedBytes && bytes.length !== 2 * seedBytes)
    throw refuse('A key that begins with whsk_ has 32 bytes, or 64, in base64')
  const der = Buffer.concat([privatePrefix, bytes.subarray(0, seedBytes)])
  return { scheme: 'v1a', privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) }
}

/**
 * @param text `whsec_` as above, or `whpk_` and the 32 bytes of an ed25519 public key.
 * @throws OutcomeError `invalid`, which repeats nothing of the text.
 */
export function parseVerifyingKey(text: string): VerifyingKey {
  if (text.startsWith('whsec_')) return parseShared(text)
  if (!text.startsWith('whpk_')) throw refuse('A verifying key begins with whsec_ or whpk_')
  const bytes = decode(text)
  if (bytes.length !== seedBytes) throw refuse('A key that begins with whpk_ has 32 bytes in base64')
  const der = Buffer.concat([publicPrefix, bytes])
  return { scheme: 'v1a', publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) }
}

/** A new key of ours, as text. `verifying` is what the other end needs; of `v1` it is the same secret. */
export function generateKey(scheme: 'v1' | 'v1a'): { readonly signing: string; readonly verifying: string } {
  if (scheme === 'v1') {
    const signing = `whsec_${randomBytes(32).toString('base64')}`
    return { signing, verifying: signing }
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(privatePrefix.length)
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length)
  return { signing: `whsk_${seed.toString('base64')}`, verifying: `whpk_${point.toString('base64')}` }
}

/** By which people tell keys apart: 16 hexadecimal digits. Nothing of the key follows from it. */
export const fingerprintOf = (text: string): string =>
  createHash('sha256').update(`chesil fingerprint ${text}`).digest('hex').slice(0, 16)

function parseShared(text: string): SharedKey {
  const secret = decode(text)
  if (secret.length < shortest || secret.length > longest)
    throw refuse(`A key that begins with whsec_ has ${shortest} to ${longest} bytes in base64`)
  return { scheme: 'v1', secret }
}

function decode(text: string): Buffer {
  const base64 = text.slice(text.indexOf('_') + 1)
  const bytes = Buffer.from(base64, 'base64')
  // Node skips what is no base64: what was cut off or mistyped would be another key.
  if (bytes.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
    throw refuse('What follows the prefix of a key is base64')
  return bytes
}

const refuse = (text: string) => new OutcomeError('invalid', text)
