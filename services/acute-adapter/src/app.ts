import type { Claims } from '@chesil/access-tokens'
import { guardSenders, type PreflightOptions, preflightRoute } from '@chesil/message-intake'
import { type App, createApp, type Logger, type Metrics } from '@chesil/service-kit'
import { hl7v2Route } from './intake/hl7v2-route.ts'
import type { Intake } from './intake/intake.ts'
import type { Itk3Intake } from './itk3/intake.ts'
import { itk3Route } from './itk3/route.ts'

export interface AppDeps {
  readonly log: Logger
  readonly intake: Intake
  readonly itk3Intake: Itk3Intake
  readonly verifyToken: (token: string) => Promise<Claims>
  readonly maxMessageBytes: number
  readonly trustedProxies: string[]
  readonly onRefused: () => void
  /** Absent: the partner gateway asks nothing. */
  readonly preflight?: PreflightOptions
}

/** The HTTP part of the service on one page. `main.ts` passes real dependencies, tests pass fakes. */
export function buildApp(deps: AppDeps, metrics?: Metrics): App {
  const app = createApp({ log: deps.log, trustProxy: deps.trustedProxies, ...(metrics && { metrics }) })
  if (deps.preflight) app.register(preflightRoute(deps.preflight))
  app.register(async (guarded) => {
    guardSenders(guarded, deps)
    guarded.register(hl7v2Route(deps))
    guarded.register(itk3Route({ ...deps, intake: deps.itk3Intake }))
  })
  return app
}
