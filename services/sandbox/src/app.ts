import { type App, createApp } from '@chesil/service-kit'
import { controlRoutes } from './control/routes.ts'
import { councilRoutes } from './council/routes.ts'
import type { Deps } from './deps.ts'
import { trustRoutes } from './fhir-r4/routes.ts'
import { practiceRoutes } from './gp-connect/routes.ts'
import { issuerRoutes } from './issuer/routes.ts'
import { pdsRoutes } from './pds/routes.ts'

/** A record that is put by hand may be a heavy one. */
const bodyLimitBytes = 67_108_864
/** Longer than any practice or PDS is told to be slow. */
const handlerTimeoutMs = 660_000

/** Everything that the sandbox simulates, and how it is steered. */
export function buildApp(deps: Deps): App {
  const app = createApp({ log: deps.log, bodyLimitBytes, handlerTimeoutMs })
  // Whoever still waits for a practice that hangs would hold us up.
  app.addHook('preClose', async () => app.server.closeAllConnections())
  app.addHook('onClose', () => deps.trustWorld.close())
  app.get('/livez', { logLevel: 'silent' }, async () => ({ status: 'live' }))
  app.register(practiceRoutes(deps), { prefix: '/practices' })
  app.register(trustRoutes(deps), { prefix: '/trusts' })
  app.register(councilRoutes(deps), { prefix: '/councils' })
  app.register(pdsRoutes(deps), { prefix: '/personal-demographics/FHIR/R4' })
  app.register(issuerRoutes(deps), { prefix: '/issuer' })
  app.register(controlRoutes(deps), { prefix: '/control' })
  return app
}
