import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/**
 * Audit rows form one chain for each process: each row's hash covers its predecessor's, so that an edit, a
 * deletion, an insertion or a swap shows. What a chain cannot show by itself, that its tail was cut off,
 * shows against the signed checkpoints, which are also kept in a second place.
 */
export interface ChainLink extends ChainHead {
  /** ms since 1970 */
  readonly recordedAt: number
  /** Absent for what concerns nobody. */
  readonly patientId: string | undefined
  /** FHIR AuditEvent as JSON. */
  readonly body: string
}

/** How far a chain went. */
export interface ChainHead {
  readonly chainId: string
  /** Of its last row: from 1, without a gap. 0 for a chain without rows. */
  readonly sequence: number
  readonly hash: string
}

/** What the first row of a chain follows. */
export const chainStart = '0'.repeat(64)

/** Covers every column of the row. @returns SHA-256 in hex. */
export function linkHash(previousHash: string, link: Omit<ChainLink, 'hash'>): string {
  const { chainId, sequence, recordedAt, patientId = '', body } = link
  return createHash('sha256')
    .update(`${previousHash}\n${chainId}\n${sequence}\n${recordedAt}\n${patientId.toLowerCase()}\n${body}`)
    .digest('hex')
}

/** What a process vouches for: so many rows, ending in this hash. */
export interface Checkpoint extends ChainHead {
  /** ISO 8601 */
  readonly signedAt: string
  /** The chain's last: its process ended in order. */
  readonly closing: boolean
  /** Which key signed: SHA-256 of the public key, 16 hex digits. */
  readonly keyId: string
  /** ed25519, base64 */
  readonly signature: string
}

export interface CheckpointSigner {
  sign(checkpoint: Omit<Checkpoint, 'keyId' | 'signature'>): Checkpoint
}

/** @param privateKeyPem An ed25519 private key (PKCS #8 PEM). @throws Error for any other key. */
export function createCheckpointSigner(privateKeyPem: string): CheckpointSigner {
  const key = ed25519(createPrivateKey(privateKeyPem))
  const keyId = keyIdOf(createPublicKey(key))
  return {
    sign(checkpoint) {
      const signature = sign(null, signedText({ ...checkpoint, keyId }), key).toString('base64')
      return { ...checkpoint, keyId, signature }
    }
  }
}

export interface CheckpointVerifier {
  isGenuine(checkpoint: Checkpoint): boolean
}

/** @param keysPem Public or private ed25519 keys, the present one and those used before. */
export function createCheckpointVerifier(keysPem: readonly string[]): CheckpointVerifier {
  const keys = new Map(
    keysPem.map((pem) => {
      const key = ed25519(createPublicKey(pem))
      return [keyIdOf(key), key] as const
    })
  )
  return {
    isGenuine({ signature, ...checkpoint }) {
      const key = keys.get(checkpoint.keyId)
      return key !== undefined && verify(null, signedText(checkpoint), key, Buffer.from(signature, 'base64'))
    }
  }
}

const signedText = (checkpoint: Omit<Checkpoint, 'signature'>): Buffer =>
  Buffer.from(
    JSON.stringify([
      'chesil-audit-checkpoint-1',
      checkpoint.chainId,
      checkpoint.sequence,
      checkpoint.hash,
      checkpoint.signedAt,
      checkpoint.closing,
      checkpoint.keyId
    ])
  )

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('The audit signing key must be an ed25519 key')
  return key
}

const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
