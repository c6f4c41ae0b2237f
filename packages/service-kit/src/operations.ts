import Fastify from 'fastify'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface Operations {
  /** Rejects, or answers false, when the service cannot do its work at all: Postgres away, migrations missing. */
  readonly ready: () => Promise<boolean>
  /** What is worse than usual but no reason to restart, by name: `{ redis: 'away' }`. */
  readonly degraded?: () => Record<string, string>
}

/**
 * Health and metrics, on a port of their own that is never published.
 *
 * `/livez` answers while the event loop turns, `/readyz` when Postgres does; Redis or one source being
 * away makes a service degraded, not unready.
 */
export function createOperations({
  log,
  metrics,
  operations
}: {
  readonly log: Logger
  readonly metrics: Metrics
  readonly operations: Operations
}) {
  const app = Fastify({ loggerInstance: log })
  // Fastify's own would log the URL.
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send({ status: 'no such endpoint' }))
  const quiet = { logLevel: 'silent' as const }
  app.get('/livez', quiet, async () => ({ status: 'live' }))
  app.get('/readyz', quiet, async (_request, reply) => {
    const ready = await operations.ready().catch(() => false)
    const degraded = operations.degraded?.() ?? {}
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', degraded })
  })
  app.get('/metrics', quiet, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  )
  return app
}
