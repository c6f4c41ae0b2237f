import type { CredentialMeans } from '../credential-means.ts'
import { createOutbound, type Outbound } from '../outbound/outbound.ts'
import { createPdsClient, type PdsClient } from './client.ts'

/** Settings as `pdsSettings` of service-kit has them. */
export interface PdsSettings {
  readonly PDS_BASE_URL: string
  readonly PDS_TOKEN_URL: string
  readonly PDS_CLIENT_ID: string
  /** A secret reference. */
  readonly PDS_PRIVATE_KEY: string
  readonly PDS_KEY_ID?: string | undefined
  readonly PDS_KEY_ALGORITHM: 'RS384' | 'ES384' | 'RS512'
  readonly PDS_REQUESTS_PER_SECOND: number
  readonly PDS_TIMEOUT_MS: number
  readonly ALLOWED_ADDRESSES: string
}

/** PDS as a service's settings name it, and the way out to it, which the service closes. */
export async function createPds(
  settings: PdsSettings,
  { readSecret, createClientCredentials, now, newId }: CredentialMeans
): Promise<{ readonly pds: PdsClient; readonly outbound: Outbound }> {
  const outbound = createOutbound({ allowedAddresses: settings.ALLOWED_ADDRESSES.split(',').filter(Boolean) })
  const accessToken = await createClientCredentials({
    tokenUrl: settings.PDS_TOKEN_URL,
    clientId: settings.PDS_CLIENT_ID,
    privateKey: readSecret(settings.PDS_PRIVATE_KEY),
    algorithm: settings.PDS_KEY_ALGORITHM,
    keyId: settings.PDS_KEY_ID,
    fetch: outbound.fetch,
    now,
    newId
  })
  const pds = createPdsClient({
    baseUrl: settings.PDS_BASE_URL,
    outbound,
    timeoutMs: settings.PDS_TIMEOUT_MS,
    requestsPerSecond: settings.PDS_REQUESTS_PER_SECOND,
    accessToken,
    now
  })
  return { pds, outbound }
}
