import { createClientCredentials } from '@chesil/access-tokens'
import type { CouncilApi, SourceCatalogue } from '@chesil/contracts'
import { type Environment, readSecret } from '@chesil/service-kit'
import { type CouncilClient, createCouncilClient, openEndpoint } from '@chesil/source-clients'

/** A council's API of the catalogue and the way to it. */
export interface CouncilEndpoint {
  readonly source: CouncilApi
  readonly client: CouncilClient
  readonly close: () => Promise<void>
}

/** One client for each live council API: its own connections, token, deadline, breaker and bulkhead. */
export async function createCouncilEndpoints(
  catalogue: SourceCatalogue,
  options: { readonly env: Environment; readonly now: () => number; readonly newId: () => string }
): Promise<ReadonlyMap<string, CouncilEndpoint>> {
  const live = catalogue.sources.filter(
    (source): source is CouncilApi => source.kind === 'council-api' && source.releaseStage === 'live'
  )
  const endpoints = await Promise.all(live.map((source) => createEndpoint(source, options)))
  return new Map(endpoints.map((endpoint) => [endpoint.source.id, endpoint]))
}

async function createEndpoint(
  source: CouncilApi,
  { env, now, newId }: Parameters<typeof createCouncilEndpoints>[1]
): Promise<CouncilEndpoint> {
  const { outbound, accessToken } = await openEndpoint(source.endpoint, {
    readSecret: (reference) => readSecret(reference, env),
    createClientCredentials,
    now,
    newId
  })
  const client = createCouncilClient({ source, outbound, accessToken, now })
  return { source, client, close: () => outbound.close() }
}
