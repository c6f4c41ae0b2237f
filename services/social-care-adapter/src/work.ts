import {
  mapSocialCareJob,
  pullJob as pullContract,
  type SocialCareSender,
  type SourceCatalogue
} from '@chesil/contracts'
import { createValidator } from '@chesil/fhir-validator'
import { type Database, findWaitingPulls, findWaitingRows, systemIds } from '@chesil/record-store'
import { createAdapterMetrics, createStraggler, type Logger, type Metrics } from '@chesil/service-kit'
import { createConsumer, type RedisConnection } from '@chesil/service-kit/queues'
import { mapAdwMessage } from './adw/map-message.ts'
import type { CouncilEndpoint } from './council-pull/endpoints.ts'
import { settleCouncilAnswer } from './council-pull/map-answer.ts'
import { councilPullJob } from './council-pull/pull-job.ts'
import { adwInterface, prsbInterface } from './interfaces.ts'
import { type MapDeps, mapJob } from './map/map-job.ts'
import { mapPrsbMessage } from './prsb/map-message.ts'

export interface WorkOptions {
  readonly database: Database
  readonly redis: RedisConnection
  readonly prefix: string
  readonly log: Logger
  readonly metrics: Metrics
  readonly catalogue: SourceCatalogue
  /** Of councils that are asked, by catalogue id. */
  readonly endpoints: ReadonlyMap<string, CouncilEndpoint>
  readonly mapConcurrency: number
  readonly leaseMs: number
}

/** What the service does beside listening: maps what has come, and asks councils. */
export function createWork(options: WorkOptions) {
  const { database, redis, prefix, log, metrics, catalogue, endpoints, leaseMs } = options
  const queue = { redis, prefix, log }
  const count = createAdapterMetrics(metrics)
  const checking = {
    database,
    // Of the types of the record it meets few: each is made ready when it comes.
    validator: createValidator(),
    ids: systemIds,
    onInvalid: count.onInvalid
  }
  const mapDeps: MapDeps = {
    ...checking,
    senders: sendersOf(catalogue),
    mappers: new Map([
      [adwInterface, mapAdwMessage],
      [prsbInterface, mapPrsbMessage]
    ]),
    settleAnswer: (message) => settleCouncilAnswer(message, { ...checking, endpoints, now: Date.now }),
    leaseMs,
    onOutcome: count.onMapped
  }
  const pullDeps = {
    database,
    endpoints,
    now: Date.now,
    newId: systemIds.newId,
    onOutcome: count.onPulled
  }
  const pullConsumers = [...endpoints.values()].map(({ source }) =>
    createConsumer({
      ...queue,
      contract: pullContract,
      partition: source.id,
      handle: (rowId, jobLog) => councilPullJob(rowId, source, pullDeps, jobLog),
      concurrency: source.concurrency
    })
  )
  const mapConsumer = createConsumer({
    ...queue,
    contract: mapSocialCareJob,
    handle: (rowId, jobLog) => mapJob(rowId, mapDeps, jobLog),
    concurrency: options.mapConcurrency
  })
  const stragglers = [
    createStraggler({
      consumers: pullConsumers,
      find: (query) => findWaitingPulls(database, query),
      redis,
      log
    }),
    createStraggler({
      consumers: [mapConsumer],
      find: (query) => findWaitingRows(database, 'social-care-message', query),
      redis,
      log
    })
  ]
  return {
    /** Postgres says that there is something new. */
    wake: () => {
      for (const straggler of stragglers) straggler.wake()
    },
    /** In the order of closing. */
    parts: [...stragglers, ...pullConsumers, mapConsumer, ...endpoints.values()]
  }
}

/** Also of those that are retired: what they sent before is mapped. */
const sendersOf = ({ sources }: SourceCatalogue): ReadonlyMap<string, SocialCareSender> =>
  new Map(
    sources
      .filter((source) => source.kind === 'cld' || source.kind === 'adw' || source.kind === 'prsb')
      .map((source) => [source.id, source])
  )
