import {
  createEndpointDesk,
  createKeyDesk,
  createPartnerDesk,
  createSubscriptionDesk
} from '@chesil/partner-desk'
import type { Database } from '@chesil/record-store'
import type { Sealing } from '@chesil/service-kit'
import type { FastifyInstance } from 'fastify'
import type { Render } from '../render.ts'
import { actionRoutes } from './actions.ts'
import { pageRoutes } from './pages.ts'
import { toolRoutes } from './tools.ts'

export interface PartnerPagesDeps {
  readonly database: Database
  readonly sealing: Sealing
  readonly render: Render
}

/** Pages about partners, and what can be done on them. */
export function partnerRoutes(app: FastifyInstance, { database, sealing, render }: PartnerPagesDeps): void {
  const desks = {
    partners: createPartnerDesk(database),
    keys: createKeyDesk({ database, sealing }),
    endpoints: createEndpointDesk({ database, sealing }),
    subscriptions: createSubscriptionDesk(database)
  }
  pageRoutes(app, { database, render, desks })
  actionRoutes(app, { render, desks })
  toolRoutes(app, { render })
}

export interface Desks {
  readonly partners: ReturnType<typeof createPartnerDesk>
  readonly keys: ReturnType<typeof createKeyDesk>
  readonly endpoints: ReturnType<typeof createEndpointDesk>
  readonly subscriptions: ReturnType<typeof createSubscriptionDesk>
}
