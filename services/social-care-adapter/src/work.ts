import { heldTypes } from '@chesil/care-record'
import { mapSocialCareJob, type SocialCareSender, type SourceCatalogue } from '@chesil/contracts'
import { createValidator } from '@chesil/fhir-validator'
import { type Database, findWaitingRows, systemIds } from '@chesil/record-store'
import {
  createAdapterMetrics,
  createConsumer,
  createStraggler,
  type Logger,
  type Metrics,
  type RedisConnection
} from '@chesil/service-kit'
import { type MapDeps, mapJob } from './map/map-job.ts'

export interface WorkOptions {
  readonly database: Database
  readonly redis: RedisConnection
  readonly prefix: string
  readonly log: Logger
  readonly metrics: Metrics
  readonly catalogue: SourceCatalogue
  readonly mapConcurrency: number
  readonly leaseMs: number
}

/** What the service does beside listening: maps what has come. */
export function createWork(options: WorkOptions) {
  const { database, redis, prefix, log, metrics, catalogue, leaseMs } = options
  const count = createAdapterMetrics(metrics)
  const mapDeps: MapDeps = {
    database,
    validator: createValidator({ prepare: heldTypes }),
    ids: systemIds,
    senders: sendersOf(catalogue),
    mappers: new Map(),
    leaseMs,
    onOutcome: count.onMapped,
    onInvalid: count.onInvalid
  }
  const mapConsumer = createConsumer({
    redis,
    prefix,
    log,
    contract: mapSocialCareJob,
    handle: (rowId, jobLog) => mapJob(rowId, mapDeps, jobLog),
    concurrency: options.mapConcurrency
  })
  const straggler = createStraggler({
    consumers: [mapConsumer],
    find: (query) => findWaitingRows(database, 'social-care-message', query),
    redis,
    log
  })
  return {
    /** Postgres says that there is something new. */
    wake: straggler.wake,
    /** In the order of closing. */
    parts: [straggler, mapConsumer]
  }
}

/** Also of those that are retired: what they sent before is mapped. */
const sendersOf = ({ sources }: SourceCatalogue): ReadonlyMap<string, SocialCareSender> =>
  new Map(
    sources
      .filter((source) => source.kind === 'cld' || source.kind === 'adw' || source.kind === 'prsb')
      .map((source) => [source.id, source])
  )
