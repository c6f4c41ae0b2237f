import { assertFit, createDatabase, isMigrated } from '@chesil/record-store'
import {
  closeOnExit,
  createLogger,
  createMetrics,
  createOperations,
  createSealing,
  readSecret
} from '@chesil/service-kit'
import { createOutbound } from '@chesil/source-clients'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { createOidc } from './sign-in/oidc.ts'

const config = readConfig(process.env)
const log = createLogger('ops-console', config.LOG_LEVEL)
const metrics = createMetrics('ops-console')
const listOf = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

const database = createDatabase({
  url: config.DATABASE_URL,
  applicationName: 'ops-console',
  maxConnections: config.DATABASE_CONNECTIONS,
  onConnectionLost: (error) => log.warn({ err: error }, 'postgres connection lost')
})
await assertFit(database)
const outbound = createOutbound({ allowedAddresses: listOf(config.ALLOWED_ADDRESSES) })

let url = ''
const publicUrl = () => config.PUBLIC_URL ?? url
const { OIDC_CLIENT_SECRET: clientSecret } = config
const app = await buildApp(
  {
    log,
    database,
    sealing: createSealing(readSecret(config.PARTNER_KEYS_SECRET, process.env)),
    oidc: createOidc({
      issuer: config.OIDC_ISSUER,
      clientId: config.OIDC_CLIENT_ID,
      ...(clientSecret !== undefined && { clientSecret: readSecret(clientSecret, process.env) }),
      rolesClaim: config.OIDC_ROLES_CLAIM,
      fetch: outbound.fetch,
      publicUrl
    }),
    issuerOrigin: new URL(config.OIDC_ISSUER).origin,
    role: config.OIDC_ROLE,
    sessionMinutes: config.SESSION_MINUTES,
    session: {
      secret: readSecret(config.SESSION_SECRET, process.env),
      isSecure: config.PUBLIC_URL?.startsWith('https://') ?? false,
      minutes: config.SESSION_MINUTES,
      now: Date.now
    },
    now: Date.now,
    trustedProxies: listOf(config.TRUSTED_PROXIES)
  },
  metrics
)

let isListening = false
const operations = createOperations({
  log,
  metrics,
  operations: {
    ready: async () => isListening && (await isMigrated(database)),
    degraded: () => ({})
  }
})
await operations.listen({ host: config.OPS_HOST, port: config.OPS_PORT })
url = await app.listen({ host: config.HOST, port: config.PORT })
isListening = true

closeOnExit(log, [app, operations, outbound, database])
log.info({ url }, 'listening')
