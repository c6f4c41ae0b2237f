import { OutcomeError } from '@chesil/fhir'
import { type App, createApp, type Metrics } from '@chesil/service-kit'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { guard } from './access/guard.ts'
import type { Deps } from './deps.ts'
import { assertJsonIsWelcome, indentWhereAsked } from './http/send.ts'
import { openApi } from './open-api.ts'
import { batchRoutes } from './routes/batch.ts'
import { binaryRoutes } from './routes/binary.ts'
import { changesRoutes } from './routes/changes.ts'
import { completenessRoutes } from './routes/completeness.ts'
import { conflictsRoutes } from './routes/conflicts.ts'
import { everythingRoutes } from './routes/everything.ts'
import { historyRoutes } from './routes/history.ts'
import { metadataRoutes } from './routes/metadata.ts'
import { operationDefinitionRoutes } from './routes/operation-definitions.ts'
import { patientMatchRoutes } from './routes/patient-match.ts'
import { patientSearchRoutes } from './routes/patient-search.ts'
import { readRoutes } from './routes/read.ts'
import { searchRoutes } from './routes/search.ts'
import { summaryRoutes } from './routes/summary.ts'
import { versionRoutes } from './routes/version.ts'

export const fhirBase = '/fhir/R4'

/** The whole service on one page. `main.ts` passes real dependencies, tests pass theirs. */
export function buildApp(deps: Deps, metrics?: Metrics): App {
  const routes: RouteOptions[] = []
  const app = createApp({
    log: deps.log,
    bodyLimitBytes: 65_536,
    trustProxy: [...deps.trustedProxies],
    ...(metrics && { metrics })
  })
  // What stands in our addresses are strings: taking them for anything else would cost more than checking them.
  app.setValidatorCompiler((part) => TypeBoxValidatorCompiler({ ...part, httpPart: 'body' }))
  app.register(swagger, openApi)
  indentWhereAsked(app)
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  app.register(metadataRoutes(deps, routes), { prefix: fhirBase })
  app.register(operationDefinitionRoutes(routes), { prefix: fhirBase })
  app.register(async (secured) => {
    await limitAddress(secured, deps)
    secured.addHook('onRequest', async (request) => {
      if (!request.routeOptions.config.servesFiles) assertJsonIsWelcome(request)
    })
    guard(secured, deps)
    limitReader(secured, deps)
    acceptParameters(secured)
    for (const register of [
      patientSearchRoutes,
      patientMatchRoutes,
      everythingRoutes,
      summaryRoutes,
      completenessRoutes,
      conflictsRoutes,
      changesRoutes,
      binaryRoutes,
      readRoutes,
      historyRoutes,
      versionRoutes,
      searchRoutes
    ]) {
      secured.register(register(deps), { prefix: fhirBase })
    }
    secured.register(batchRoutes(deps, fhirBase), { prefix: fhirBase })
  })
  return app
}

/** Before anything is verified, so that invented tokens cost their sender. */
async function limitAddress(scope: FastifyInstance, { limits }: Deps): Promise<void> {
  await scope.register(rateLimit, {
    max: limits.perAddress,
    timeWindow: '1 minute',
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false
    }
  })
}

/** By reader and not by token, which may be renewed. */
function limitReader(scope: FastifyInstance, { limits }: Deps): void {
  const check = scope.createRateLimit({
    max: limits.perReader,
    timeWindow: '1 minute',
    keyGenerator: ({ access }) => access.reader.userId
  })
  scope.addHook('preHandler', async (request, reply) => {
    const verdict = await check(request)
    if (verdict.isAllowed || !verdict.isExceeded) return
    reply.header('Retry-After', verdict.ttlInSeconds)
    throw new OutcomeError('throttled', 'Too many requests: try again later')
  })
}

/** Clients of FHIR operations send Parameters, or no body under that content type. */
function acceptParameters(scope: FastifyInstance): void {
  scope.removeContentTypeParser('application/json')
  scope.addContentTypeParser(
    ['application/json', 'application/fhir+json'],
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => {
      if (body.trim() === '') return undefined
      try {
        return JSON.parse(body)
      } catch {
        throw new OutcomeError('invalid', 'The body is not JSON')
      }
    }
  )
}
