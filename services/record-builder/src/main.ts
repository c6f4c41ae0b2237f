import { applyJob as contract } from '@chesil/contracts'
import {
  assertFit,
  createDatabase,
  createListener,
  findWaitingRows,
  isMigrated,
  systemIds
} from '@chesil/record-store'
import {
  closeOnExit,
  createConsumer,
  createLogger,
  createMetrics,
  createOperations,
  createProducer,
  createRedis,
  createStraggler,
  stopProcess
} from '@chesil/service-kit'
import { applyJob } from './apply-job.ts'
import { readConfig } from './config.ts'
import { createRelay } from './relay.ts'
import { createSweeper } from './sweeper.ts'

const config = readConfig(process.env)
const log = createLogger('record-builder', config.LOG_LEVEL)
const metrics = createMetrics('record-builder')
const applied = metrics.counter('chesil_contributions_total', 'Contributions by what became of them', [
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
const prefix = config.QUEUE_PREFIX
const producer = createProducer({ redis, prefix, log })
const relay = createRelay({ database, producer, log, onRelayed: (count) => relayed.inc(count) })
const sweeper = createSweeper({
  database,
  ids: systemIds,
  log,
  onSwept: (what, count) => swept.inc({ what }, count),
  intervalMs: config.SWEEP_INTERVAL_MS,
  overdueMs: config.OVERDUE_MS
})
const consumer = createConsumer({
  contract,
  handle: (rowId, jobLog) =>
    applyJob(
      rowId,
      {
        database,
        ids: systemIds,
        now: Date.now,
        leaseMs: config.LEASE_MS,
        onOutcome: (outcome) => applied.inc({ outcome })
      },
      jobLog
    ),
  concurrency: config.APPLY_CONCURRENCY,
  redis,
  prefix,
  log
})
const straggler = createStraggler({
  consumers: [consumer],
  find: (query) => findWaitingRows(database, 'contribution', query),
  redis,
  log
})
const listener = createListener({
  url: config.DATABASE_URL,
  channels: ['chesil_work'],
  onNotification: () => {
    relay.wake()
    straggler.wake()
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
  straggler,
  consumer,
  relay,
  sweeper,
  producer,
  operations,
  { close: async () => redis.disconnect() },
  database
])
const url = await operations.listen({ host: config.OPS_HOST, port: config.OPS_PORT })
log.info({ url }, 'listening')
