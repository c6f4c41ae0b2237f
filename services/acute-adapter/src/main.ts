import { createTokenVerifier } from '@chesil/access-tokens'
import { heldTypes } from '@chesil/care-record'
import { createValidator } from '@chesil/fhir-validator'
import { createBatches, readPreflightKey } from '@chesil/message-intake'
import { createMllpListener, createPeerFilter } from '@chesil/mllp'
import {
  assertFit,
  createDatabase,
  createListener,
  isMigrated,
  systemIds,
  takeMessages
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
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { createEndpoints } from './fhir-pull/endpoints.ts'
import { isRejected } from './hl7v2/refusals.ts'
import { createIntake } from './intake/intake.ts'
import { createDoorMetrics } from './intake/metrics.ts'
import { createSenders } from './intake/senders.ts'
import { createBusinessAnswers } from './itk3/business-answers.ts'
import { createItk3Intake } from './itk3/intake.ts'
import { createMailboxReader } from './itk3/mailbox.ts'
import { openMailbox } from './itk3/mailbox-folder.ts'
import { createMailboxMetrics } from './itk3/mailbox-metrics.ts'
import { readTls } from './mllp-tls.ts'
import { createPartnerDoor, isForPartnerDoor } from './webhooks/door.ts'
import { createPreview } from './webhooks/preview.ts'
import { createWork } from './work.ts'

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
const redis = await createRedis(config.REDIS_URL, log, stopProcess(log))
const outbound = createOutbound({ allowedAddresses: listOf(config.ALLOWED_ADDRESSES) })

const batches = createBatches({
  take: (messages) => database.transaction((sql) => takeMessages(sql, messages)),
  onError: (error) => log.error({ err: error }, 'messages could not be kept')
})
setInterval(() => door.onWaiting(batches.waiting()), 1_000).unref()
const stamps = { newId: systemIds.newId, now: Date.now }
const intake = createIntake({
  findSender: createSenders(catalogue),
  take: batches.take,
  ...stamps,
  ...door
})
const own = { odsCode: config.ORGANISATION, endpoint: `urn:nhs-uk:addressing:ods:${config.ORGANISATION}` }
const itk3Intake = createItk3Intake({
  catalogue,
  take: batches.take,
  own,
  ...stamps,
  ...door
})
const mailbox = config.ITK3_MAILBOX_DIR === undefined ? undefined : openMailbox(config.ITK3_MAILBOX_DIR)
const mailboxReader =
  mailbox &&
  createMailboxReader({
    mailbox,
    intake: itk3Intake,
    log,
    pollMs: config.ITK3_POLL_MS,
    maxMessageBytes: config.MAX_MESSAGE_BYTES,
    keepMs: config.ITK3_KEEP_DAYS * 86_400_000,
    now: Date.now,
    ...createMailboxMetrics(metrics)
  })
const validator = createValidator({ prepare: heldTypes })
const work = createWork({
  validator,
  database,
  redis,
  prefix: config.QUEUE_PREFIX,
  log,
  metrics,
  catalogue,
  endpoints: await createEndpoints(catalogue, {
    env: process.env,
    now: Date.now,
    newId: systemIds.newId
  }),
  mapConcurrency: config.MAP_CONCURRENCY,
  leaseMs: config.LEASE_MS,
  onDenied: door.onDenied,
  ...(mailbox && { answerBusiness: createBusinessAnswers({ mailbox, own, ...stamps }) })
})
const partnerDoor = createPartnerDoor({
  catalogue,
  database,
  take: batches.take,
  newId: systemIds.newId,
  intake,
  ...door,
  metrics,
  log,
  leaseMs: config.LEASE_MS
})
const listener = createListener({
  url: config.DATABASE_URL,
  channels: ['chesil_work'],
  onNotification: (_channel, payload) => (isForPartnerDoor(payload) ? partnerDoor.wake() : work.wake()),
  onLost: (error) => log.warn({ err: error }, 'postgres listener lost')
})
const app = buildApp(
  {
    log,
    intake,
    itk3Intake,
    ...(config.PREFLIGHT_KEY !== undefined && {
      preflight: {
        key: readPreflightKey(readSecret(config.PREFLIGHT_KEY, process.env)),
        preview: createPreview({ catalogue, database, validator, newId: systemIds.newId, now: Date.now }),
        maxBytes: config.MAX_MESSAGE_BYTES,
        now: Date.now
      }
    }),
    verifyToken: createTokenVerifier({
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      jwksUrl: config.TOKEN_JWKS_URL,
      fetchJwks: outbound.fetch,
      maxTokenAgeSeconds: config.TOKEN_MAX_AGE_SECONDS,
      now: Date.now
    }),
    maxMessageBytes: config.MAX_MESSAGE_BYTES,
    trustedProxies: listOf(config.TRUSTED_PROXIES),
    onRefused: () => door.onOutcome('unknown', 'unauthorised')
  },
  metrics
)
const tls = readTls(config, process.env)

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
const mllp = await createMllpListener({
  host: config.MLLP_HOST,
  port: config.MLLP_PORT,
  ...(tls && { tls }),
  mayConnect: createPeerFilter(listOf(config.MLLP_ALLOWED_PEERS)),
  maxConnections: config.MLLP_MAX_CONNECTIONS,
  maxConnectionsPerPeer: config.MLLP_MAX_CONNECTIONS_PER_PEER,
  maxFrameBytes: config.MAX_MESSAGE_BYTES,
  maxHeldBytes: config.MLLP_MAX_HELD_BYTES,
  maxHeldBytesPerPeer: config.MLLP_MAX_HELD_BYTES_PER_PEER,
  maxBytesPerSecond: config.MLLP_MAX_BYTES_PER_SECOND,
  idleMs: config.MLLP_IDLE_MS,
  frameMs: config.MLLP_FRAME_MS,
  handle: async (bytes, peer) => {
    const { outcome, acknowledgements } = await intake({ bytes, peer })
    return isRejected(outcome) ? { refusal: acknowledgements } : acknowledgements
  },
  onConnections: door.onConnections,
  onRefused: door.onRefusedConnection,
  onFrame: door.onFrame,
  onBroken: door.onBroken
})
isListening = true

await mailboxReader?.start()

closeOnExit(log, [
  mllp,
  app,
  ...(mailboxReader ? [mailboxReader] : []),
  listener,
  partnerDoor,
  ...work.parts,
  operations,
  { close: async () => redis.disconnect() },
  outbound,
  database
])
log.info({ url, mllpPort: mllp.port, sources: catalogue.sources.length }, 'listening')
