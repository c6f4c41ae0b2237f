import { createClientCredentials } from '@chesil/access-tokens'
import type { FhirEndpoint, SourceCatalogue } from '@chesil/contracts'
import { type Environment, readSecret } from '@chesil/service-kit'
import { createFhirR4Client, type FhirR4Client, openEndpoint } from '@chesil/source-clients'
import { createDenial, type DoorTraits } from '../intake/denied-values.ts'

/** A FHIR endpoint of the catalogue and the way to it. */
export interface Endpoint {
  readonly source: FhirEndpoint
  readonly client: FhirR4Client
  /** Whether the source does not share what has these traits. */
  readonly isDenied: (traits: DoorTraits) => boolean
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

async function createEndpoint(
  source: FhirEndpoint,
  { env, now, newId }: Parameters<typeof createEndpoints>[1]
): Promise<Endpoint> {
  const { outbound, accessToken } = await openEndpoint(source.endpoint, {
    readSecret: (reference) => readSecret(reference, env),
    createClientCredentials,
    now,
    newId
  })
  const client = createFhirR4Client({ source, outbound, accessToken, now })
  return { source, client, isDenied: createDenial(source.refuse), close: () => outbound.close() }
}
