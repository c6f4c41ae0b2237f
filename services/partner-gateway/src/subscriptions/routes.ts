import { capabilityRoutes } from './capability-routes.ts'
import { deliveryRoutes } from './delivery-routes.ts'
import type { SubscriptionRoutesDeps } from './deps.ts'
import { operationRoutes } from './operation-routes.ts'
import { personRoutes } from './person-routes.ts'
import { subscriptionRoutes } from './subscription-routes.ts'

/** Telling partners of changes: what they ask for, of whom, how it stands, and what was sent. */
export const allSubscriptionRoutes = (deps: SubscriptionRoutesDeps) =>
  [capabilityRoutes, subscriptionRoutes, operationRoutes, personRoutes, deliveryRoutes].map((routes) =>
    routes(deps)
  )
