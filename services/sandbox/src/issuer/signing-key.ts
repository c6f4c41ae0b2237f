import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { generateSigningKey, importSigningKey, type SigningKey } from '@chesil/access-tokens'

/** @param file PEM or JWK; without one a new key is made, and tokens end with the process. */
export async function readSigningKey(file: string | undefined): Promise<SigningKey> {
  if (file === undefined) return generateSigningKey({ algorithm: 'ES256' })
  const text = readFileSync(file, 'utf8')
  return importSigningKey(text, { algorithm: algorithmOf(text) })
}

/** What that kind of key signs with; one that we cannot use is refused where it is imported. */
function algorithmOf(text: string): 'ES256' | 'ES384' | 'RS384' {
  const { asymmetricKeyType, asymmetricKeyDetails } = text.trimStart().startsWith('{')
    ? createPrivateKey({ key: JSON.parse(text), format: 'jwk' })
    : createPrivateKey(text)
  if (asymmetricKeyType !== 'ec') return 'RS384'
  return asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'ES384' : 'ES256'
}
