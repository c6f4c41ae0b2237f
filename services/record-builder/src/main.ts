import { createClientCredentials } from '@chesil/access-tokens'
import { applyJob as applyContract, traceJob as traceContract } from '@chesil/contracts'
import { parseOdsCode } from '@chesil/fhir'
import {
  assertFit,
  createDatabase,
  createListener,
  findWaitingRows,
  findWaitingTraces,
  isMigrated,
  systemIds
} from '@chesil/record-store'
import {
  closeOnExit,
  createLogger,
  createMetrics,
  createOperations,
  createStraggler,
  readSecret,
  stopProcess
} from '@chesil/service-kit'
import { createConsumer, createProducer, createRedis } from '@chesil/service-kit/queues'
import { createPds } from '@chesil/source-clients'
import { applyJob } from './apply-job.ts'
import { readConfig } from './config.ts'
import { createRelay } from './relay.ts'
import { createSweeper } from './sweeper.ts'
import { traceJob } from './trace-job.ts'

const config = readConfig(process.env)
const log = createLogger('record-builder', config.LOG_LEVEL)
const metrics = createMetrics('record-builder')
const applied = metrics.counter('chesil_contributions_total', 'Contributions by what became of them', [
  'outcome'
])
const traced = metrics.counter('chesil_traces_total', 'NHS numbers that messages named, by what PDS said', [
  'outcome'
])
const relayed = metrics.counter('chesil_relayed_total', 'Rows announced to Redis')
const swept = metrics.counter('chesil_swept_total', 'Rows the sweeper looked after', ['what'])

const database = createDatabase({
  url: config.DATABASE_URL,
  applicationName: 'record-builder',
  maxConnections: config.DATABASE_CONNECTIONS,
  onConnectionLost: (error) => log.warn({ err: error }, 'postgres connection lost')
})
await assertFit(database)
const redis = await createRedis(config.REDIS_URL, log, stopProcess(log))
const queue = { redis, prefix: config.QUEUE_PREFIX, log }
const { pds, outbound } = await createPds(config, {
  readSecret: (reference) => readSecret(reference, process.env),
  createClientCredentials,
  now: Date.now,
  newId: systemIds.newId
})
const producer = createProducer(queue)
const relay = createRelay({ database, producer, log, onRelayed: (count) => relayed.inc(count) })
const sweeper = createSweeper({
  database,
  ids: systemIds,
  log,
  onSwept: (what, count) => swept.inc({ what }, count),
  intervalMs: config.SWEEP_INTERVAL_MS,
  overdueMs: config.OVERDUE_MS
})
const applyDeps = {
  database,
  ids: systemIds,
  now: Date.now,
  leaseMs: config.LEASE_MS,
  onOutcome: (outcome: string) => applied.inc({ outcome })
}
const applyConsumer = createConsumer({
  ...queue,
  contract: applyContract,
  handle: (rowId, jobLog) => applyJob(rowId, applyDeps, jobLog),
  concurrency: config.APPLY_CONCURRENCY
})
const traceDeps = {
  database,
  ids: systemIds,
  pds,
  now: Date.now,
  organisation: parseOdsCode(config.PDS_ORGANISATION),
  paceMs: 1_000 / config.TRACES_PER_SECOND,
  onOutcome: (outcome: string) => traced.inc({ outcome })
}
const traceConsumer = createConsumer({
  ...queue,
  contract: traceContract,
  handle: (rowId, jobLog) => traceJob(rowId, traceDeps, jobLog),
  concurrency: 1
})
const stragglers = [
  createStraggler({
    consumers: [applyConsumer],
    find: (query) => findWaitingRows(database, 'contribution', query),
    redis,
    log
  }),
  createStraggler({
    consumers: [traceConsumer],
    find: (query) => findWaitingTraces(database, query),
    redis,
    log
  })
]
const listener = createListener({
  url: config.DATABASE_URL,
  channels: ['chesil_work'],
  onNotification: () => {
    relay.wake()
    for (const straggler of stragglers) straggler.wake()
  },
  onLost: (error) => log.warn({ err: error }, 'postgres listener lost')
})
const operations = createOperations({
  log,
  metrics,
  operations: {
    ready: () => isMigrated(database),
    degraded: () => (redis.status === 'ready' ? {} : { redis: 'away' })
  }
})

closeOnExit(log, [
  listener,
  ...stragglers,
  applyConsumer,
  traceConsumer,
  relay,
  sweeper,
  producer,
  operations,
  { close: async () => redis.disconnect() },
  outbound,
  database
])
const url = await operations.listen({ host: config.OPS_HOST, port: config.OPS_PORT })
log.info({ url }, 'listening')
