import { createPrivateKey, createPublicKey, type JsonWebKey, KeyObject, type webcrypto } from 'node:crypto'
import { OutcomeError } from '@chesil/fhir'
import { calculateJwkThumbprint, generateKeyPair, type JWK } from 'jose'

/** RS384 and ES384 as SMART asks; RS512 because the NHS API platform takes nothing else. */
export const signAlgorithms = ['RS384', 'ES384', 'RS512', 'RS256', 'ES256', 'PS256'] as const
export type SignAlgorithm = (typeof signAlgorithms)[number]

/** A private key together with what a verifier has to know to find its public half. */
export interface SigningKey {
  readonly kid: string
  readonly algorithm: SignAlgorithm
  readonly privateKey: KeyObject
  /** For a key set: public members, `kid`, `alg` and `use` only. */
  readonly publicJwk: JWK
}

export interface KeyName {
  readonly algorithm: SignAlgorithm
  /** Default: the key's RFC 7638 thumbprint. */
  readonly kid?: string
}

/**
 * @param text A PEM private key (PKCS#8, PKCS#1 or SEC 1) or a private JWK as JSON.
 * @throws OutcomeError `invalid` when it is neither, or does not suit the algorithm. Never says why: the text is a secret.
 */
export async function importSigningKey(text: string, name: KeyName): Promise<SigningKey> {
  let privateKey: KeyObject
  try {
    privateKey = text.trimStart().startsWith('{')
      ? createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' })
      : createPrivateKey(text)
  } catch {
    throw new OutcomeError('invalid', 'Not a private key: a PEM or a private JWK is needed')
  }
  return toSigningKey(privateKey, name)
}

/** A new key, exportable. For the sandbox and tests: a deployment's keys are made and kept outside. */
export async function generateSigningKey(name: KeyName): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(name.algorithm, { extractable: true })
  return toSigningKey(KeyObject.from(privateKey as webcrypto.CryptoKey), name)
}

/** @returns PKCS#8 PEM, which `importSigningKey` reads again. */
export const exportSigningKey = (key: SigningKey): string =>
  key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

async function toSigningKey(privateKey: KeyObject, { algorithm, kid }: KeyName): Promise<SigningKey> {
  if (!suits(privateKey, algorithm)) {
    throw new OutcomeError('invalid', `Not a private key for ${algorithm}`)
  }
  const publicMembers = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK
  const name = kid ?? (await calculateJwkThumbprint(publicMembers))
  return {
    kid: name,
    algorithm,
    privateKey,
    publicJwk: { ...publicMembers, kid: name, alg: algorithm, use: 'sig' }
  }
}

const curves: ReadonlyMap<string, string> = new Map([
  ['ES256', 'prime256v1'],
  ['ES384', 'secp384r1']
])

function suits(
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
  algorithm: SignAlgorithm
): boolean {
  const curve = curves.get(algorithm)
  if (curve !== undefined) return type === 'ec' && details?.namedCurve === curve
  return type === 'rsa' && (details?.modulusLength ?? 0) >= 2048
}
