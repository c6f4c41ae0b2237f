import type { CouncilApi, FhirEndpoint } from '@chesil/contracts'
import type { CredentialMeans } from './credential-means.ts'
import { createOutbound, type Outbound } from './outbound/outbound.ts'

/** The way out to an endpoint of the catalogue, which the service closes, and our token for it. */
export async function openEndpoint(
  endpoint: FhirEndpoint['endpoint'] | CouncilApi['endpoint'],
  { readSecret, createClientCredentials, now, newId }: CredentialMeans
): Promise<{
  readonly outbound: Outbound
  readonly accessToken: (refused?: string) => Promise<string>
}> {
  const { tokenUrl, clientId, privateKey, keyAlgorithm, keyId, allowedAddresses, certificateAuthority } =
    endpoint
  const outbound = createOutbound({
    ...(allowedAddresses && { allowedAddresses }),
    ...(certificateAuthority && { ca: readSecret(certificateAuthority) })
  })
  const accessToken = await createClientCredentials({
    tokenUrl,
    clientId,
    privateKey: readSecret(privateKey),
    algorithm: keyAlgorithm,
    keyId,
    fetch: outbound.fetch,
    now,
    newId
  })
  return { outbound, accessToken }
}
