import { createTokenVerifier } from '@chesil/access-tokens'
import { createSharedCommits, createWebhookDoor, readPreflightKey } from '@chesil/message-intake'
import {
  acceptWebhooks,
  assertFit,
  createAuditLog,
  createCheckpointFolder,
  createCheckpointSigner,
  createDatabase,
  createListener,
  findPartnerWithKeys,
  isMigrated,
  systemIds,
  type WebhookToAccept
} from '@chesil/record-store'
import {
  closeOnExit,
  createLogger,
  createMetrics,
  createOperations,
  createSealing,
  readCatalogue,
  readSecret,
  readSensitiveCodes
} from '@chesil/service-kit'
import { createOutbound } from '@chesil/source-clients'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { createGatewayMetrics } from './metrics.ts'
import { createKnownPartners } from './partners/known-partners.ts'
import { createOpenNotice, previewNotice } from './person-changed/open-notice.ts'
import { createAskAdapter } from './preflight/ask-adapter.ts'
import { readReceipts } from './receipts/read-receipts.ts'
import { type AuthoriseDeps, authoriseEvent } from './subscriptions/authorise-event.ts'
import { createDelivering } from './subscriptions/delivering.ts'
import { createDeliveryAudit } from './subscriptions/delivery-audit.ts'
import { gatewayBase } from './subscriptions/deps.ts'
import { createEndpointOutbound } from './subscriptions/endpoint-outbound.ts'
import { createSubscriptionAudit } from './subscriptions/subscription-audit.ts'

const config = readConfig(process.env)
const log = createLogger('partner-gateway', config.LOG_LEVEL)
const metrics = createMetrics('partner-gateway')
const count = createGatewayMetrics(metrics)
const catalogue = readCatalogue(config.SOURCES_FILE)
const sealing = createSealing(readSecret(config.PARTNER_KEYS_SECRET, process.env))
const listOf = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

const database = createDatabase({
  url: config.DATABASE_URL,
  applicationName: 'partner-gateway',
  maxConnections: config.DATABASE_CONNECTIONS,
  onConnectionLost: (error) => log.warn({ err: error }, 'postgres connection lost')
})
await assertFit(database)
const outbound = createOutbound({ allowedAddresses: listOf(config.ALLOWED_ADDRESSES) })

const auditLog = createAuditLog({
  sql: database,
  signer: createCheckpointSigner(readSecret(config.AUDIT_SIGNING_KEY, process.env)),
  secondPlace: createCheckpointFolder(config.AUDIT_CHECKPOINT_DIR),
  now: Date.now,
  onError: (error) => log.error({ err: error }, 'audit failed')
})
const authorising: AuthoriseDeps = {
  database,
  sensitiveCodes: readSensitiveCodes(config.SENSITIVE_CODES_FILE),
  now: Date.now
}

const commits = createSharedCommits({
  take: (events: readonly WebhookToAccept[]) => database.transaction((sql) => acceptWebhooks(sql, events)),
  senderOf: ({ partnerId }) => partnerId,
  onError: (error) => log.error({ err: error }, 'events could not be kept')
})

const notices = createWebhookDoor({
  database,
  taker: 'partner-gateway',
  catalogue,
  open: createOpenNotice({ database, catalogue, newId: systemIds.newId, now: Date.now }),
  onOutcome: count.onNotice,
  log,
  leaseMs: config.LEASE_MS
})
let url = ''
const publicUrl = () => config.PUBLIC_URL ?? url
const onUnopened = (keyId: string) =>
  log.error({ keyId }, 'a key cannot be opened: was PARTNER_KEYS_SECRET changed?')

const askAdapter = createAskAdapter({
  outbound,
  urls: {
    ...(config.ACUTE_ADAPTER_URL !== undefined && { 'acute-adapter': config.ACUTE_ADAPTER_URL }),
    ...(config.SOCIAL_CARE_ADAPTER_URL !== undefined && {
      'social-care-adapter': config.SOCIAL_CARE_ADAPTER_URL
    })
  },
  key:
    config.PREFLIGHT_KEY === undefined
      ? undefined
      : readPreflightKey(readSecret(config.PREFLIGHT_KEY, process.env)),
  newId: systemIds.newId,
  now: Date.now
})

const app = buildApp(
  {
    log,
    findPartner: createKnownPartners({
      find: (id) => findPartnerWithKeys(database, id),
      catalogue,
      sealing,
      onUnopened,
      now: Date.now
    }),
    verifyToken: createTokenVerifier({
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      jwksUrl: config.TOKEN_JWKS_URL,
      fetchJwks: outbound.fetch,
      maxTokenAgeSeconds: config.TOKEN_MAX_AGE_SECONDS,
      now: Date.now
    }),
    toleranceSeconds: config.TOLERANCE_SECONDS,
    now: Date.now,
    accept: commits.take,
    preview: async (event, sourceIds) =>
      event.form === 'person-changed'
        ? previewNotice(event.body, sourceIds, catalogue)
        : await askAdapter(event, sourceIds),
    newId: systemIds.newId,
    readReceipts: (query) => readReceipts(database, query),
    database,
    authorise: (event) => authoriseEvent(event, authorising),
    audit: createSubscriptionAudit({ log: auditLog, now: Date.now }),
    recordBase: config.RECORD_URL,
    maxBodyBytes: config.MAX_BODY_BYTES,
    limits: {
      perPartner: config.PARTNER_REQUESTS_PER_MINUTE,
      perAddress: config.ADDRESS_REQUESTS_PER_MINUTE
    },
    publicUrl,
    trustedProxies: listOf(config.TRUSTED_PROXIES),
    onAccepted: count.onAccepted,
    onRefused: count.onRefused
  },
  metrics
)

let isListening = false
const operations = createOperations({
  log,
  metrics,
  operations: {
    ready: async () => isListening && (await isMigrated(database)),
    degraded: () => ({ ...(commits.isStuck() && { intake: 'stuck' }) })
  }
})
await operations.listen({ host: config.OPS_HOST, port: config.OPS_PORT })
url = await app.listen({ host: config.HOST, port: config.PORT })
isListening = true

const endpoints = createEndpointOutbound()
const delivering = createDelivering({
  database,
  sealing,
  authorise: (event) => authoriseEvent(event, authorising),
  readReceipt: async (partnerId, id) => (await readReceipts(database, { partnerId, id, limit: 1 }))[0],
  outboundFor: endpoints.of,
  audit: createDeliveryAudit({ log: auditLog, now: Date.now }),
  onUnopened,
  onOutcome: count.onDelivery,
  gatewayBase: () => gatewayBase({ publicUrl }),
  recordBase: config.RECORD_URL,
  newId: systemIds.newId,
  random: Math.random,
  now: Date.now,
  timeoutMs: config.DELIVERY_TIMEOUT_MS,
  atOnce: config.DELIVERIES_AT_ONCE,
  log
})

const listener = createListener({
  url: config.DATABASE_URL,
  channels: ['chesil_work'],
  onNotification: (_channel, payload) => {
    if (payload === 'webhook-person-changed') notices.wake()
    if (payload === 'deliveries') delivering.wake()
  },
  onLost: (error) => log.warn({ err: error }, 'postgres listener lost')
})

setInterval(() => {
  count.onWaiting(commits.waiting())
  count.onDeliveriesUnderWay(delivering.underWay())
}, 1_000).unref()

closeOnExit(log, [app, listener, notices, delivering, operations, endpoints, auditLog, outbound, database])
log.info({ url, sources: catalogue.sources.length }, 'listening')
