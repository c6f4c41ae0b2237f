import { mapAcuteJob, pullJob as pullContract, type Source, type SourceCatalogue } from '@chesil/contracts'
import type { Validator } from '@chesil/fhir-validator'
import {
  type ClaimedAnswer,
  type Database,
  findWaitingPulls,
  findWaitingRows,
  systemIds
} from '@chesil/record-store'
import { createAdapterMetrics, createStraggler, type Logger, type Metrics } from '@chesil/service-kit'
import { createConsumer, type RedisConnection } from '@chesil/service-kit/queues'
import type { Endpoint } from './fhir-pull/endpoints.ts'
import { settleFhirAnswer } from './fhir-pull/map-answer.ts'
import { fhirPullJob } from './fhir-pull/pull-job.ts'
import { type MapDeps, mapJob } from './map/map-job.ts'
import type { Sender } from './message-context.ts'

const sendsUnasked = (source: Source): source is Sender =>
  source.kind === 'hl7v2' || source.kind === 'itk3' || source.kind === 'fhir-sender'

export interface WorkOptions {
  readonly database: Database
  readonly redis: RedisConnection
  readonly prefix: string
  readonly log: Logger
  readonly metrics: Metrics
  readonly catalogue: SourceCatalogue
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly validator: Validator
  readonly mapConcurrency: number
  readonly leaseMs: number
  /** Items that their source does not share. */
  readonly onDenied: (sourceId: string, count: number) => void
  readonly answerBusiness?: MapDeps['answerBusiness']
}

/** What the service does beside listening: maps what has come, and asks FHIR endpoints. */
export function createWork(options: WorkOptions) {
  const { database, redis, prefix, log, metrics, catalogue, endpoints, leaseMs } = options
  const queue = { redis, prefix, log }
  const ids = systemIds
  const count = createAdapterMetrics(metrics)
  const checking = {
    database,
    validator: options.validator,
    ids,
    onInvalid: count.onInvalid
  }
  const mapDeps = {
    ...checking,
    senders: new Map(catalogue.sources.filter(sendsUnasked).map((source) => [source.id, source])),
    settleAnswer: (message: ClaimedAnswer) =>
      settleFhirAnswer(message, { ...checking, endpoints, now: Date.now }),
    leaseMs,
    onOutcome: count.onMapped,
    ...(options.answerBusiness && { answerBusiness: options.answerBusiness })
  }
  const pullDeps = {
    database,
    endpoints,
    now: Date.now,
    newId: ids.newId,
    onOutcome: count.onPulled,
    onRefused: options.onDenied
  }
  const mapConsumer = createConsumer({
    ...queue,
    contract: mapAcuteJob,
    handle: (rowId, jobLog) => mapJob(rowId, mapDeps, jobLog),
    concurrency: options.mapConcurrency
  })
  const pullConsumers = [...endpoints.values()].map(({ source }) =>
    createConsumer({
      ...queue,
      contract: pullContract,
      partition: source.id,
      handle: (rowId, jobLog) => fhirPullJob(rowId, source, pullDeps, jobLog),
      concurrency: source.concurrency
    })
  )
  const stragglers = [
    createStraggler({
      consumers: pullConsumers,
      find: (query) => findWaitingPulls(database, query),
      redis,
      log
    }),
    createStraggler({
      consumers: [mapConsumer],
      find: (query) => findWaitingRows(database, 'acute-message', query),
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
