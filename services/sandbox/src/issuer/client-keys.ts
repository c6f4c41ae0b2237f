import { readFileSync } from 'node:fs'
import type { createTokenIssuer } from '@chesil/access-tokens'
import type { Config } from '../config.ts'

/** A JWK set of public keys. */
export type ClientKeys = ReturnType<ReturnType<typeof createTokenIssuer>['jwks']>
type PublicKey = ClientKeys['keys'][number]

/** Members of a private key: given one by mistake, we use its public half. */
const privateMembers = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])

/**
 * The public keys of the client that may have tokens for PDS.
 *
 * @returns no keys when none are configured: then nobody gets a token.
 * @throws Error when what is configured is neither a JWK nor a set of them.
 */
export function readClientKeys(config: Pick<Config, 'PDS_CLIENT_JWK' | 'PDS_CLIENT_JWK_FILE'>): ClientKeys {
  const { PDS_CLIENT_JWK: text, PDS_CLIENT_JWK_FILE: file } = config
  const given = text ?? (file === undefined ? undefined : readFileSync(file, 'utf8'))
  if (given === undefined) return { keys: [] }
  const keys = keysIn(given)
  if (!keys) throw new Error('PDS_CLIENT_JWK has to be a JWK or a set of JWKs, in JSON')
  return { keys: keys.map(publicHalf) }
}

function keysIn(text: string): readonly object[] | undefined {
  try {
    const parsed = JSON.parse(text) as { keys?: unknown; kty?: unknown } | null
    const keys = Array.isArray(parsed?.keys) ? parsed.keys : [parsed]
    return keys.every((key) => typeof key?.kty === 'string') ? keys : undefined
  } catch {
    return undefined
  }
}

const publicHalf = (jwk: object): PublicKey =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !privateMembers.has(name))) as PublicKey
