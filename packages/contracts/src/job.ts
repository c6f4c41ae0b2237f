import Type, { type Static, type TObject } from 'typebox'

/**
 * What a producer and a consumer of one queue agree on. Job data is a pointer to a row and nothing
 * else: BullMQ keeps it in Redis as clear text. Attempts, order and dead letters belong to Postgres.
 */
export interface JobContract<Data extends TObject = TObject> {
  /** Kebab-case, no `:` (BullMQ's key separator). A contract with partitions has one queue for each. */
  readonly queue: string
  readonly data: Data
}

/** A job of any contract: the row it points to. */
const Pointer = Type.Object({ id: Type.String({ format: 'uuid' }) }, { additionalProperties: false })
export type JobPointer = Static<typeof Pointer>

const defineJob = (queue: string): JobContract<typeof Pointer> => ({ queue, data: Pointer })

/** Ask one source about one person; the row is in `pull`. One queue for each source, so that a hanging source stops nobody else. */
export const pullJob = defineJob('pull')
/** Map what a GP practice answered; the row is in `inbox_message`. */
export const mapGpJob = defineJob('map-gp')
/** Map what a hospital sent or answered; the row is in `inbox_message`. */
export const mapAcuteJob = defineJob('map-acute')
/** Map what a council sent or answered, and notices between hospitals and councils; the row is in `inbox_message`. */
export const mapSocialCareJob = defineJob('map-social-care')
/** Ask PDS about an NHS number that a message named; the row is in `trace_request`. */
export const traceJob = defineJob('trace')
/** Apply what an adapter mapped to the person's record; the row is in `contribution`. */
export const applyJob = defineJob('apply')

/** Every contract there is: what the relay may announce. */
export const jobContracts: readonly JobContract[] = [
  pullJob,
  mapGpJob,
  mapAcuteJob,
  mapSocialCareJob,
  traceJob,
  applyJob
]

/** @param partition The catalogue id of a source, for `pullJob`. */
export const queueName = (contract: JobContract, partition?: string): string =>
  partition === undefined ? contract.queue : `${contract.queue}-${partition}`

/**
 * BullMQ ignores an id that it still knows, so an attempt has an id of its own; the row decides
 * whether there is anything left to do.
 */
export const jobId = (rowId: string, attempt: number): string => `${rowId}-${attempt}`
