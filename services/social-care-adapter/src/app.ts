import type { Claims } from '@chesil/access-tokens'
import { guardSenders } from '@chesil/message-intake'
import { type App, createApp, type Logger, type Metrics } from '@chesil/service-kit'
import { type CldRoutesDeps, cldRoutes } from './cld/routes.ts'

export interface AppDeps extends CldRoutesDeps {
  readonly log: Logger
  readonly verifyToken: (token: string) => Promise<Claims>
  readonly maxMessageBytes: number
  readonly trustedProxies: string[]
  readonly onRefused: () => void
}

/** The HTTP part of the service on one page. `main.ts` passes real dependencies, tests pass fakes. */
export function buildApp(deps: AppDeps, metrics?: Metrics): App {
  const app = createApp({
    log: deps.log,
    trustProxy: deps.trustedProxies,
    requestTimeoutMs: deps.uploadMs,
    ...(metrics && { metrics })
  })
  app.register(async (guarded) => {
    guardSenders(guarded, deps)
    guarded.register(cldRoutes(deps))
  })
  return app
}
