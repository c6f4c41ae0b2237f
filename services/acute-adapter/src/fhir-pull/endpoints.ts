import { createClientCredentials } from '@chesil/access-tokens'
import type { DenyList, FhirEndpoint, SourceCatalogue } from '@chesil/contracts'
import { type Environment, readSecret } from '@chesil/service-kit'
import { createFhirR4Client, createOutbound, type FhirR4Client } from '@chesil/source-clients'
import defaults from '../intake/default-treatment-functions.json' with { type: 'json' }

/** A FHIR endpoint of the catalogue and the way to it. */
export interface Endpoint {
  readonly source: FhirEndpoint
  readonly client: FhirR4Client
  /** With the default where the catalogue names no treatment functions. */
  readonly refuse: DenyList
  readonly close: () => Promise<void>
}

/** One client for each live endpoint: its own connections, token, deadline, breaker and bulkhead. */
export async function createEndpoints(
  catalogue: SourceCatalogue,
  options: { readonly env: Environment; readonly now: () => number; readonly newId: () => string }
): Promise<ReadonlyMap<string, Endpoint>> {
  const live = catalogue.sources.filter(
    (source): source is FhirEndpoint => source.kind === 'fhir-r4' && source.releaseStage === 'live'
  )
  const endpoints = await Promise.all(live.map((source) => createEndpoint(source, options)))
  return new Map(endpoints.map((endpoint) => [endpoint.source.id, endpoint]))
}

export const refusalsOf = ({ refuse }: Pick<FhirEndpoint, 'refuse'>): DenyList => ({
  treatmentFunctions: Object.keys(defaults.codes),
  ...refuse
})

async function createEndpoint(
  source: FhirEndpoint,
  { env, now, newId }: Parameters<typeof createEndpoints>[1]
): Promise<Endpoint> {
  const { tokenUrl, clientId, privateKey, keyAlgorithm, keyId, allowedAddresses, certificateAuthority } =
    source.endpoint
  const outbound = createOutbound({
    ...(allowedAddresses && { allowedAddresses }),
    ...(certificateAuthority && { ca: readSecret(certificateAuthority, env) })
  })
  const accessToken = await createClientCredentials({
    tokenUrl,
    clientId,
    privateKey: readSecret(privateKey, env),
    algorithm: keyAlgorithm,
    keyId,
    fetch: outbound.fetch,
    now,
    newId
  })
  const client = createFhirR4Client({ source, outbound, accessToken, now })
  return { source, client, refuse: refusalsOf(source), close: () => outbound.close() }
}
