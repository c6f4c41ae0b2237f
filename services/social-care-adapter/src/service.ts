import { createTokenVerifier } from '@chesil/access-tokens'
import { createBatches, createWebhookDoor, readPreflightKey } from '@chesil/message-intake'
import {
  assertFit,
  createDatabase,
  createKeepingRule,
  createListener,
  findNotices,
  findSubmission,
  isMigrated,
  systemIds,
  takeMessages,
  workAlone
} from '@chesil/record-store'
import {
  closeOnExit,
  createLogger,
  createMetrics,
  createOperations,
  readCatalogue,
  readSecret,
  stopProcess
} from '@chesil/service-kit'
import { createRedis } from '@chesil/service-kit/queues'
import { createOutbound } from '@chesil/source-clients'
import { createAdwAnswers } from './adw/answers.ts'
import { createAdwIntake } from './adw/intake.ts'
import { buildApp } from './app.ts'
import { createDropFolder } from './cld/drop-folder.ts'
import { createFileIntake } from './cld/file-intake.ts'
import { createCldDoor, createCldPreview } from './cld/webhook-door.ts'
import { readConfig } from './config.ts'
import { createCouncilEndpoints } from './council-pull/endpoints.ts'
import { createDoorMetrics } from './intake/metrics.ts'
import { createPrsbIntake } from './prsb/intake.ts'
import { createWork } from './work.ts'

const config = readConfig(process.env)
const log = createLogger('social-care-adapter', config.LOG_LEVEL)
const metrics = createMetrics('social-care-adapter')
const door = createDoorMetrics(metrics)
const catalogue = readCatalogue(config.SOURCES_FILE)
const listOf = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

const fileStatementMs = 600_000
/** 48 columns of 4,000 characters would not be a row. */
const maxRowBytes = 131_072

const database = createDatabase({
  url: config.DATABASE_URL,
  applicationName: 'social-care-adapter',
  maxConnections: config.DATABASE_CONNECTIONS,
  onConnectionLost: (error) => log.warn({ err: error }, 'postgres connection lost')
})
await assertFit(database)
const redis = await createRedis(config.REDIS_URL, log, stopProcess(log))
const outbound = createOutbound({ allowedAddresses: listOf(config.ALLOWED_ADDRESSES) })

const batches = createBatches({
  take: (messages) => database.transaction((sql) => takeMessages(sql, messages)),
  onError: (error) => log.error({ err: error }, 'messages could not be kept')
})
setInterval(() => door.onWaiting(batches.waiting().count), 1_000).unref()
/** A file is one transaction: its statements are larger than any others. */
const files = createDatabase({
  url: config.DATABASE_URL,
  applicationName: 'social-care-adapter files',
  maxConnections: config.MAX_FILES,
  statementTimeoutMs: fileStatementMs,
  onConnectionLost: (error) => log.warn({ err: error }, 'postgres connection lost')
})
const councils = new Map(
  catalogue.sources
    .filter((source) => source.kind === 'cld')
    .filter(({ releaseStage }) => releaseStage === 'live')
    .map((source) => [source.odsCode, source])
)
const takeFile = createFileIntake({
  database: files,
  limits: { maxBytes: config.MAX_FILE_BYTES, maxRowBytes },
  newId: systemIds.newId,
  now: Date.now,
  maxFiles: config.MAX_FILES,
  onOutcome: door.onOutcome
})
const dropFolder =
  config.CLD_FOLDER === undefined
    ? undefined
    : createDropFolder({
        root: config.CLD_FOLDER,
        councils,
        takeFile,
        log,
        pollMs: config.CLD_POLL_MS,
        quietMs: config.CLD_QUIET_MS,
        keepMs: config.CLD_KEEP_DAYS * 86_400_000,
        now: Date.now,
        alone: (name, work) => workAlone(database, name, work),
        onCounts: door.onFiles
      })
const keeping = { take: batches.take, newId: systemIds.newId, onOutcome: door.onOutcome }
const takeAdw = createAdwIntake({ ...keeping, catalogue })
const answerNotice = createAdwAnswers({
  findNotices: (name) => findNotices(database, name),
  takeAdw,
  newId: systemIds.newId,
  now: Date.now,
  onOutcome: door.onOutcome
})
const takePrsb = createPrsbIntake({
  ...keeping,
  senders: new Map(
    catalogue.sources
      .filter((source) => source.kind === 'prsb')
      .filter(({ releaseStage }) => releaseStage === 'live')
      .map((source) => [source.odsCode, source])
  )
})
const keepingRule = createKeepingRule({
  database,
  ids: systemIds,
  sourceIds: catalogue.sources
    .filter(({ kind, retention }) => kind === 'council-api' && retention === 'session')
    .map(({ id }) => id),
  onPurged: (persons) => log.warn({ persons }, 'what may no longer be kept was purged'),
  onError: (error) => log.error({ err: error }, 'purging failed')
})
const work = createWork({
  database,
  redis,
  prefix: config.QUEUE_PREFIX,
  log,
  metrics,
  catalogue,
  endpoints: await createCouncilEndpoints(catalogue, {
    env: process.env,
    now: Date.now,
    newId: systemIds.newId
  }),
  mapConcurrency: config.MAP_CONCURRENCY,
  leaseMs: config.LEASE_MS
})
/** A file is read for minutes at most: nobody else takes it up meanwhile. */
const partnerFiles = createWebhookDoor({
  database,
  taker: 'social-care-adapter',
  catalogue,
  open: createCldDoor({ councils: [...councils.values()], takeFile }),
  onOutcome: door.onPartnerEvent,
  log,
  concurrency: config.MAX_FILES,
  leaseMs: fileStatementMs
})
const listener = createListener({
  url: config.DATABASE_URL,
  channels: ['chesil_work'],
  onNotification: (_channel, payload) => (payload === 'webhook-cld' ? partnerFiles : work).wake(),
  onLost: (error) => log.warn({ err: error }, 'postgres listener lost')
})
const app = buildApp(
  {
    log,
    verifyToken: createTokenVerifier({
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      jwksUrl: config.TOKEN_JWKS_URL,
      fetchJwks: outbound.fetch,
      maxTokenAgeSeconds: config.TOKEN_MAX_AGE_SECONDS,
      now: Date.now
    }),
    councils,
    takeFile,
    findSubmission: (id) => findSubmission(database, id),
    takeAdw,
    answerNotice,
    takePrsb,
    ...(config.PREFLIGHT_KEY !== undefined && {
      preflight: {
        key: readPreflightKey(readSecret(config.PREFLIGHT_KEY, process.env)),
        preview: createCldPreview({ councils: [...councils.values()], takeFile }),
        maxBytes: config.MAX_MESSAGE_BYTES,
        now: Date.now
      }
    }),
    uploadMs: config.UPLOAD_MS,
    maxMessageBytes: config.MAX_MESSAGE_BYTES,
    trustedProxies: listOf(config.TRUSTED_PROXIES),
    onRefused: () => door.onOutcome('unknown', 'unauthorised')
  },
  metrics
)

let isListening = false
const operations = createOperations({
  log,
  metrics,
  operations: {
    ready: async () => isListening && (await isMigrated(database)),
    degraded: () => ({
      ...(redis.status !== 'ready' && { redis: 'away' }),
      ...(batches.isStuck() && { intake: 'stuck' })
    })
  }
})
await operations.listen({ host: config.OPS_HOST, port: config.OPS_PORT })
const url = await app.listen({ host: config.HOST, port: config.PORT })
isListening = true

await dropFolder?.start()

closeOnExit(log, [
  app,
  ...(dropFolder ? [dropFolder] : []),
  listener,
  partnerFiles,
  keepingRule,
  ...work.parts,
  operations,
  { close: async () => redis.disconnect() },
  outbound,
  files,
  database
])
log.info({ url, sources: catalogue.sources.length }, 'listening')
