import './heap.ts'
import { createClientCredentials, createTokenVerifier } from '@chesil/access-tokens'
import {
  assertFit,
  createAuditLog,
  createCheckpointFolder,
  createCheckpointSigner,
  createDatabase,
  isMigrated,
  systemIds
} from '@chesil/record-store'
import {
  closeOnExit,
  createLogger,
  createMetrics,
  createOperations,
  readCatalogue,
  readSecret,
  readSensitiveCodes
} from '@chesil/service-kit'
import { createPds } from '@chesil/source-clients'
import { createAuditTrail } from './access/audit-trail.ts'
import { buildApp, fhirBase } from './app.ts'
import { readConfig } from './config.ts'
import type { Deps } from './deps.ts'
import { createCursors } from './http/cursors.ts'
import { createPullWatch } from './person/pull-watch.ts'
import { createStates } from './person/states.ts'
import { createTracing } from './person/tracing.ts'
import { createPersonViews } from './view/person-view.ts'

const config = readConfig(process.env)
const now = Date.now
const log = createLogger('record-api', config.LOG_LEVEL)
const metrics = createMetrics('record-api')
const refused = metrics.counter('chesil_refused_total', 'Requests refused or failed, by reason', ['reason'])

const database = createDatabase({
  url: config.DATABASE_URL,
  applicationName: 'record-api',
  maxConnections: config.DATABASE_CONNECTIONS,
  onConnectionLost: (error) => log.warn({ err: error }, 'postgres connection lost')
})
await assertFit(database)

const { pds, outbound } = await createPds(config, {
  readSecret: (reference) => readSecret(reference, process.env),
  createClientCredentials,
  now,
  newId: systemIds.newId
})
const auditLog = createAuditLog({
  sql: database,
  signer: createCheckpointSigner(readSecret(config.AUDIT_SIGNING_KEY, process.env)),
  secondPlace: createCheckpointFolder(config.AUDIT_CHECKPOINT_DIR),
  now,
  onError: (error) => log.error({ err: error }, 'audit failed')
})
const pulls = createPullWatch({ database, url: config.DATABASE_URL, log })
const sensitiveCodes = readSensitiveCodes(config.SENSITIVE_CODES_FILE)
let publicUrl = config.PUBLIC_URL ?? ''
const baseUrl = () => publicUrl

const deps: Deps = {
  log,
  database,
  catalogue: readCatalogue(config.SOURCES_FILE),
  sensitiveCodes,
  verifyToken: createTokenVerifier({
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    jwksUrl: config.TOKEN_JWKS_URL,
    fetchJwks: outbound.fetch,
    maxTokenAgeSeconds: config.TOKEN_MAX_AGE_SECONDS,
    now
  }),
  audit: createAuditTrail({ log: auditLog, now }),
  tracing: createTracing({ database, pds, ids: systemIds, now }),
  states: createStates({ database, capacity: 20_000 }),
  views: createPersonViews({
    database,
    sensitiveCodes,
    baseUrl,
    now,
    capacityBytes: config.VIEW_CACHE_BYTES
  }),
  pulls,
  cursors: createCursors(readSecret(config.CURSOR_KEY, process.env)),
  ids: systemIds,
  now,
  baseUrl,
  limits: { perReader: config.RATE_LIMIT_PER_MINUTE, perAddress: config.ADDRESS_RATE_LIMIT_PER_MINUTE },
  trustedProxies: config.TRUSTED_PROXIES.split(',').filter(Boolean),
  onRefused: (reason) => refused.inc({ reason })
}
const app = buildApp(deps, metrics)
const operations = createOperations({
  log,
  metrics,
  operations: { ready: () => isMigrated(database) }
})

closeOnExit(log, [app, operations, auditLog, pulls, outbound, database])
await operations.listen({ host: config.OPS_HOST, port: config.OPS_PORT })
const address = await app.listen({ host: config.HOST, port: config.PORT })
if (publicUrl === '') publicUrl = `${address}${fhirBase}`
log.info({ url: address }, 'listening')
