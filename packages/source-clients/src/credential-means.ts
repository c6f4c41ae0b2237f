import type { OutboundFetch } from './outbound/outbound.ts'

/** What is passed in, because this package may not import it. */
export interface CredentialMeans {
  /** Of service-kit, with the environment. */
  readonly readSecret: (reference: string) => string
  /** Of access-tokens. */
  readonly createClientCredentials: (credentials: {
    readonly tokenUrl: string
    readonly clientId: string
    readonly privateKey: string
    readonly algorithm: 'RS384' | 'ES384' | 'RS512'
    readonly keyId: string | undefined
    readonly fetch: OutboundFetch
    readonly now: () => number
    readonly newId: () => string
  }) => Promise<(refused?: string) => Promise<string>>
  /** ms since 1970 */
  readonly now: () => number
  /** A new UUID. */
  readonly newId: () => string
}
