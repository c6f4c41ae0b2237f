import { createClientAssertion } from './client-assertion.ts'
import { importSigningKey, type SignAlgorithm } from './signing-key.ts'
import { createTokenSource, type TokenSourceOptions } from './token-source.ts'

export interface ClientCredentials extends Omit<TokenSourceOptions, 'assertion'> {
  readonly clientId: string
  /** PEM */
  readonly privateKey: string
  readonly algorithm: SignAlgorithm
  /** `kid`; absent: the key's thumbprint. */
  readonly keyId?: string | undefined
  /** A new UUID. */
  readonly newId: () => string
}

/** Access tokens for Chesil itself at a server that knows our public key: the whole of `private_key_jwt`. */
export async function createClientCredentials(
  options: ClientCredentials
): Promise<ReturnType<typeof createTokenSource>> {
  const { algorithm, clientId, keyId, now, newId, tokenUrl } = options
  const key = await importSigningKey(options.privateKey, {
    algorithm,
    ...(keyId !== undefined && { kid: keyId })
  })
  const assertion = createClientAssertion({ key, issuer: clientId, audience: tokenUrl, now, newId })
  return createTokenSource({ ...options, assertion })
}
