import { createTokenVerifier } from '@chesil/access-tokens'
import { createMllpListener, createPeerFilter } from '@chesil/mllp'
import { assertFit, createDatabase, isMigrated, systemIds, takeMessages } from '@chesil/record-store'
import {
  closeOnExit,
  createLogger,
  createMetrics,
  createOperations,
  readCatalogue,
  readSecret
} from '@chesil/service-kit'
import { createOutbound } from '@chesil/source-clients'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { createBatches } from './intake/batches.ts'
import { createIntake } from './intake/intake.ts'
import { createDoorMetrics } from './intake/metrics.ts'
import { createSenders } from './intake/senders.ts'

const config = readConfig(process.env)
const log = createLogger('acute-adapter', config.LOG_LEVEL)
const metrics = createMetrics('acute-adapter')
const door = createDoorMetrics(metrics)
const catalogue = readCatalogue(config.SOURCES_FILE)
const listOf = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

const database = createDatabase({
  url: config.DATABASE_URL,
  applicationName: 'acute-adapter',
  maxConnections: config.DATABASE_CONNECTIONS,
  onConnectionLost: (error) => log.warn({ err: error }, 'postgres connection lost')
})
await assertFit(database)
const outbound = createOutbound({ allowedAddresses: listOf(config.ALLOWED_ADDRESSES) })

const batches = createBatches({
  take: (messages) => database.transaction((sql) => takeMessages(sql, messages)),
  onError: (error) => log.error({ err: error }, 'messages could not be kept')
})
const intake = createIntake({
  findSender: createSenders(catalogue),
  take: batches.take,
  newId: systemIds.newId,
  now: Date.now,
  onOutcome: door.onOutcome,
  onFlag: door.onFlag
})
const app = buildApp(
  {
    log,
    intake,
    verifyToken: createTokenVerifier({
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      jwksUrl: config.TOKEN_JWKS_URL,
      fetchJwks: outbound.fetch,
      maxTokenAgeSeconds: config.TOKEN_MAX_AGE_SECONDS,
      now: Date.now
    }),
    maxMessageBytes: config.MLLP_MAX_FRAME_BYTES,
    trustedProxies: listOf(config.TRUSTED_PROXIES),
    onRefused: () => door.onOutcome('unknown', 'unauthorised')
  },
  metrics
)
const secret = (reference: string | undefined) =>
  reference === undefined ? undefined : readSecret(reference, process.env)
const certificate = secret(config.MLLP_TLS_CERTIFICATE)
const key = secret(config.MLLP_TLS_KEY)
const clientAuthority = secret(config.MLLP_TLS_CA)
if ((certificate === undefined) !== (key === undefined) || (clientAuthority !== undefined && !certificate))
  throw new Error('MLLP_TLS_CERTIFICATE and MLLP_TLS_KEY go together, and MLLP_TLS_CA goes with them')

const operations = createOperations({ log, metrics, operations: { ready: () => isMigrated(database) } })
await operations.listen({ host: config.OPS_HOST, port: config.OPS_PORT })
const url = await app.listen({ host: config.HOST, port: config.PORT })
const mllp = await createMllpListener({
  host: config.MLLP_HOST,
  port: config.MLLP_PORT,
  ...(certificate !== undefined &&
    key !== undefined && {
      tls: { certificate, key, ...(clientAuthority !== undefined && { clientAuthority }) }
    }),
  mayConnect: createPeerFilter(listOf(config.MLLP_ALLOWED_PEERS)),
  maxConnections: config.MLLP_MAX_CONNECTIONS,
  maxFrameBytes: config.MLLP_MAX_FRAME_BYTES,
  maxHeldBytes: config.MLLP_MAX_HELD_BYTES,
  idleMs: config.MLLP_IDLE_MS,
  frameMs: config.MLLP_FRAME_MS,
  handle: async (bytes) => (await intake({ bytes })).acknowledgements,
  onConnections: door.onConnections,
  onRefused: door.onRefusedConnection,
  onFrame: door.onFrame,
  onBroken: door.onBroken
})

closeOnExit(log, [mllp, app, operations, outbound, database])
log.info({ url, mllpPort: mllp.port, sources: catalogue.sources.length }, 'listening')
