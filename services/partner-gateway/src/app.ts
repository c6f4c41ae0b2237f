import { type App, createApp, type Logger, type Metrics } from '@chesil/service-kit'
import swagger from '@fastify/swagger'
import { openApi } from './open-api.ts'
import { createPartnerLimit, limitAddress } from './partners/limits.ts'
import { type ReceiptRoutesDeps, receiptRoutes } from './receipts/routes.ts'
import type { SubscriptionRoutesDeps } from './subscriptions/deps.ts'
import { allSubscriptionRoutes } from './subscriptions/routes.ts'
import { type WebhookRoutesDeps, webhookRoutes } from './webhooks/routes.ts'

/** Requests a minute at this replica, in all that a partner or an address asks. */
export interface Limits {
  readonly perPartner: number
  readonly perAddress: number
}

export interface AppDeps
  extends Omit<WebhookRoutesDeps & ReceiptRoutesDeps & SubscriptionRoutesDeps, 'limitPartner'> {
  readonly limits: Limits
  readonly log: Logger
  readonly trustedProxies: string[]
}

/** The HTTP part of the service on one page. `main.ts` passes real dependencies, tests pass theirs. */
export function buildApp(deps: AppDeps, metrics?: Metrics): App {
  const app = createApp({ log: deps.log, trustProxy: deps.trustedProxies, ...(metrics && { metrics }) })
  app.register(swagger, openApi)
  app.register(async (limited) => {
    await limitAddress(limited, deps.limits.perAddress)
    limited.decorateRequest('partner', undefined)
    const routesDeps = { ...deps, limitPartner: createPartnerLimit(limited, deps.limits.perPartner) }
    const ofSubscriptions = allSubscriptionRoutes(routesDeps)
    for (const routes of [webhookRoutes(routesDeps), receiptRoutes(routesDeps), ...ofSubscriptions])
      limited.register(routes)
  })
  return app
}
