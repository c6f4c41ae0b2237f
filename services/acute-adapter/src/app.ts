import type { Claims } from '@chesil/access-tokens'
import { type App, createApp, type Logger, type Metrics } from '@chesil/service-kit'
import { hl7v2Route } from './intake/hl7v2-route.ts'
import type { Intake } from './intake/intake.ts'
import { guardSenders } from './intake/sender-guard.ts'

export interface AppDeps {
  readonly log: Logger
  readonly intake: Intake
  readonly verifyToken: (token: string) => Promise<Claims>
  readonly maxMessageBytes: number
  readonly trustedProxies: string[]
  readonly onRefused: () => void
}

/** The HTTP part of the service on one page. `main.ts` passes real dependencies, tests pass fakes. */
export function buildApp(deps: AppDeps, metrics?: Metrics): App {
  const app = createApp({ log: deps.log, trustProxy: deps.trustedProxies, ...(metrics && { metrics }) })
  app.register(async (guarded) => {
    guardSenders(guarded, deps)
    guarded.register(hl7v2Route(deps))
  })
  return app
}
