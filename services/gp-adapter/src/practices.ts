import { unsignedGpConnectToken } from '@chesil/access-tokens'
import type { GpPractice, SourceCatalogue } from '@chesil/contracts'
import { type Environment, readSecret } from '@chesil/service-kit'
import {
  type Consumer,
  createGpConnectClient,
  createOutbound,
  type GpConnectClient
} from '@chesil/source-clients'

/** A practice of the catalogue and the way to it. */
export interface Practice {
  readonly source: GpPractice
  readonly client: GpConnectClient
  readonly close: () => Promise<void>
}

/** One client for each live practice: its own connections, deadline, breaker and bulkhead. */
export function createPractices(
  catalogue: SourceCatalogue,
  options: {
    readonly consumer: Consumer
    readonly env: Environment
    readonly now: () => number
    readonly newId: () => string
  }
): ReadonlyMap<string, Practice> {
  const live = catalogue.sources.filter(
    (source): source is GpPractice => source.kind === 'gp-connect' && source.releaseStage === 'live'
  )
  return new Map(live.map((source) => [source.id, createPractice(source, options)]))
}

function createPractice(
  source: GpPractice,
  { consumer, env, now, newId }: Parameters<typeof createPractices>[1]
): Practice {
  const { allowedAddresses, certificateAuthority, clientCertificate, interactions } = source.endpoint
  const outbound = createOutbound({
    ...(allowedAddresses && { allowedAddresses }),
    ...(certificateAuthority && { ca: readSecret(certificateAuthority, env) }),
    ...(clientCertificate && {
      cert: readSecret(clientCertificate.certificate, env),
      key: readSecret(clientCertificate.key, env)
    })
  })
  const client = createGpConnectClient({
    // A pull asks by each interface at the same time.
    source: { ...source, concurrency: source.concurrency * interactions.length },
    outbound,
    unsignedToken: (claims) => unsignedGpConnectToken(claims, now()),
    consumer,
    now,
    newId
  })
  return { source, client, close: () => outbound.close() }
}
