import type { Claims } from '@chesil/access-tokens'
import { guardSenders, type PreflightOptions, preflightRoute } from '@chesil/message-intake'
import { type App, createApp, type Logger, type Metrics } from '@chesil/service-kit'
import swagger from '@fastify/swagger'
import { type AdwRoutesDeps, adwAnswerRoute, adwRoute } from './adw/routes.ts'
import { type CldRoutesDeps, cldRoutes } from './cld/routes.ts'
import { openApi } from './open-api.ts'
import { type PrsbRouteDeps, prsbRoute } from './prsb/route.ts'

export interface AppDeps extends CldRoutesDeps, AdwRoutesDeps, PrsbRouteDeps {
  readonly log: Logger
  readonly verifyToken: (token: string) => Promise<Claims>
  readonly trustedProxies: string[]
  readonly onRefused: () => void
  /** Absent: the partner gateway asks nothing. */
  readonly preflight?: PreflightOptions
}

/** The HTTP part of the service on one page. `service.ts` passes real dependencies, tests pass fakes. */
export function buildApp(deps: AppDeps, metrics?: Metrics): App {
  const app = createApp({
    log: deps.log,
    trustProxy: deps.trustedProxies,
    requestTimeoutMs: deps.uploadMs,
    ...(metrics && { metrics })
  })
  app.register(swagger, openApi)
  if (deps.preflight) app.register(preflightRoute(deps.preflight))
  app.register(async (guarded) => {
    guardSenders(guarded, deps)
    for (const route of [cldRoutes, adwRoute, adwAnswerRoute, prsbRoute]) guarded.register(route(deps))
  })
  return app
}
