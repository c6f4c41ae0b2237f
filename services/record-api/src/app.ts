import { type App, createApp, type Metrics } from '@chesil/service-kit'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { guard } from './access/guard.ts'
import type { Deps } from './deps.ts'
import { assertJsonIsWelcome } from './http/send.ts'
import { openApi } from './open-api.ts'
import { completenessRoutes } from './routes/completeness.ts'
import { everythingRoutes } from './routes/everything.ts'
import { metadataRoutes } from './routes/metadata.ts'
import { patientSearchRoutes } from './routes/patient-search.ts'
import { readRoutes } from './routes/read.ts'
import { searchRoutes } from './routes/search.ts'

export const fhirBase = '/fhir/R4'

/** The whole service on one page. `main.ts` passes real dependencies, tests pass theirs. */
export function buildApp(deps: Deps, metrics?: Metrics): App {
  const routes: RouteOptions[] = []
  const app = createApp({ log: deps.log, bodyLimitBytes: 65_536, ...(metrics && { metrics }) })
  app.register(swagger, openApi)
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  app.register(metadataRoutes(deps, routes), { prefix: fhirBase })
  app.register(async (secured) => {
    await limitRate(secured, deps)
    secured.addHook('onRequest', async (request) => assertJsonIsWelcome(request))
    guard(secured, deps)
    for (const register of [
      patientSearchRoutes,
      everythingRoutes,
      completenessRoutes,
      readRoutes,
      searchRoutes
    ]) {
      secured.register(register(deps), { prefix: fhirBase })
    }
  })
  return app
}

/** By token, so that one reader does not use up another's share behind the same proxy; else by address. */
async function limitRate(scope: FastifyInstance, { rateLimitPerMinute }: Deps): Promise<void> {
  await scope.register(rateLimit, {
    max: rateLimitPerMinute,
    timeWindow: '1 minute',
    keyGenerator: ({ headers, ip }) => headers.authorization ?? ip,
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false
    }
  })
}
