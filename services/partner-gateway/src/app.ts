import { type App, createApp, type Logger, type Metrics } from '@chesil/service-kit'
import swagger from '@fastify/swagger'
import { openApi } from './open-api.ts'
import { type ReceiptRoutesDeps, receiptRoutes } from './receipts/routes.ts'
import type { SubscriptionRoutesDeps } from './subscriptions/deps.ts'
import { allSubscriptionRoutes } from './subscriptions/routes.ts'
import { type WebhookRoutesDeps, webhookRoutes } from './webhooks/routes.ts'

export interface AppDeps extends WebhookRoutesDeps, ReceiptRoutesDeps, SubscriptionRoutesDeps {
  readonly log: Logger
  readonly trustedProxies: string[]
}

/** The HTTP part of the service on one page. `main.ts` passes real dependencies, tests pass theirs. */
export function buildApp(deps: AppDeps, metrics?: Metrics): App {
  const app = createApp({ log: deps.log, trustProxy: deps.trustedProxies, ...(metrics && { metrics }) })
  app.register(swagger, openApi)
  for (const routes of [webhookRoutes(deps), receiptRoutes(deps), ...allSubscriptionRoutes(deps)])
    app.register(routes)
  return app
}
