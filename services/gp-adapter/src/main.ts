import { readFileSync } from 'node:fs'
import { heldTypes } from '@chesil/care-record'
import { mapGpJob, pullJob as pullContract } from '@chesil/contracts'
import { createValidator } from '@chesil/fhir-validator'
import {
  assertFit,
  createDatabase,
  createKeepingRule,
  createListener,
  findWaitingPulls,
  findWaitingRows,
  isMigrated,
  systemIds
} from '@chesil/record-store'
import {
  closeOnExit,
  createAdapterMetrics,
  createLogger,
  createMetrics,
  createOperations,
  createStraggler,
  readCatalogue,
  stopProcess
} from '@chesil/service-kit'
import { createConsumer, createRedis } from '@chesil/service-kit/queues'
import { readConfig } from './config.ts'
import { mapJob } from './map-job.ts'
import { createPractices } from './practices.ts'
import { pullJob } from './pull-job.ts'

const config = readConfig(process.env)
const log = createLogger('gp-adapter', config.LOG_LEVEL)
const metrics = createMetrics('gp-adapter')
const count = createAdapterMetrics(metrics)
const breakers = metrics.gauge('chesil_breaker_state', '0 closed, 1 half-open, 2 open', [
  'source',
  'interface'
])

const catalogue = readCatalogue(config.SOURCES_FILE)
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const device = { system: config.DEVICE_SYSTEM, value: config.DEVICE_ID, model: 'Chesil', version }
const { newId } = systemIds
const practices = createPractices(catalogue, {
  consumer: { issuer: config.CONSUMER_ISSUER, device },
  env: process.env,
  now: Date.now,
  newId
})
const organisations = new Map(catalogue.readingOrganisations.map((one) => [one.odsCode, one]))

const database = createDatabase({
  url: config.DATABASE_URL,
  applicationName: 'gp-adapter',
  maxConnections: config.DATABASE_CONNECTIONS,
  onConnectionLost: (error) => log.warn({ err: error }, 'postgres connection lost')
})
await assertFit(database)
const redis = await createRedis(config.REDIS_URL, log, stopProcess(log))
const queue = { redis, prefix: config.QUEUE_PREFIX, log }
// Made ready now: a reader would wait for it at the first contact with the first person.
const validator = createValidator({ prepare: heldTypes })

const pullDeps = {
  database,
  practices,
  organisations,
  now: Date.now,
  newId,
  onOutcome: (source: string, outcome: string, seconds: number) => {
    count.onPulled(source, outcome, seconds)
    for (const name of ['structured', 'documents'] as const) {
      const state = practices.get(source)?.client.state(name) ?? 'closed'
      breakers.set({ source, interface: name }, ['closed', 'half-open', 'open'].indexOf(state))
    }
  }
}
const mapDeps = {
  database,
  practices,
  validator,
  ids: systemIds,
  now: Date.now,
  leaseMs: config.LEASE_MS,
  onOutcome: count.onMapped,
  onInvalid: count.onInvalid
}

const keepingRule = createKeepingRule({
  database,
  sourceIds: catalogue.sources
    .filter(({ kind, retention }) => kind === 'gp-connect' && retention === 'session')
    .map(({ id }) => id),
  ids: systemIds,
  onPurged: (persons) => log.warn({ persons }, 'what may no longer be kept was purged'),
  onError: (error) => log.error({ err: error }, 'purging failed')
})
const pullConsumers = [...practices.values()].map(({ source }) =>
  createConsumer({
    ...queue,
    contract: pullContract,
    partition: source.id,
    handle: (rowId, jobLog) => pullJob(rowId, source, pullDeps, jobLog),
    concurrency: source.concurrency
  })
)
const mapConsumer = createConsumer({
  ...queue,
  contract: mapGpJob,
  handle: (rowId, jobLog) => mapJob(rowId, mapDeps, jobLog),
  concurrency: config.MAP_CONCURRENCY
})
const sourceIds = [...practices.keys()]
const stragglers = [
  createStraggler({
    consumers: pullConsumers,
    find: (query) => findWaitingPulls(database, query),
    redis,
    log
  }),
  createStraggler({
    consumers: [mapConsumer],
    find: (query) => findWaitingRows(database, 'gp-message', query),
    redis,
    log
  })
]
const listener = createListener({
  url: config.DATABASE_URL,
  channels: ['chesil_work'],
  onNotification: () => {
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
  ...pullConsumers,
  mapConsumer,
  keepingRule,
  ...practices.values(),
  operations,
  { close: async () => redis.disconnect() },
  database
])
const url = await operations.listen({ host: config.OPS_HOST, port: config.OPS_PORT })
log.info({ url, sources: sourceIds.length }, 'listening')
