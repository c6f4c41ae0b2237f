import { Redis } from 'ioredis'
import type { Logger } from './log.ts'

/**
 * A connection that outlives Redis: it reconnects within 2 s and never stops trying. Whoever uses it must
 * give each call a time limit of its own.
 *
 * @throws Error when Redis answers within 2 s and may evict keys: jobs would vanish silently. When it
 *   cannot be asked yet, it is asked at the first connection, and `onUnfit` is called.
 */
export async function createRedis(url: string, log: Logger, onUnfit: (reason: string) => void) {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    // A Redis that swallows commands is left, before what is sent to it fills our memory. Workers wait 5 s at most.
    socketTimeout: 15_000,
    retryStrategy: (times) => Math.min(100 * times, 2_000)
  })
  let starting = true
  let complained = false
  redis.on('error', (error) => {
    if (!complained) log.warn({ reason: reasonOf(error) }, 'redis is away; work goes on from Postgres')
    complained = true
  })
  redis.on('ready', () => {
    if (complained) log.info('redis is back')
    complained = false
    void evictionPolicy(redis).then((policy) => {
      if (!starting && policy !== undefined && policy !== 'noeviction') onUnfit(unfit(policy))
    })
  })
  const policy = await Promise.race([evictionPolicy(redis), delay(2_000)])
  if (policy !== undefined && policy !== 'noeviction') {
    redis.disconnect()
    throw new Error(unfit(policy))
  }
  starting = false
  return redis
}

export type RedisConnection = Awaited<ReturnType<typeof createRedis>>

const unfit = (policy: string) =>
  `Redis has maxmemory-policy ${policy}, under which queued jobs can vanish: set it to noeviction`

/** @returns `undefined` where Redis does not tell. */
async function evictionPolicy(redis: Redis): Promise<string | undefined> {
  const info = await redis.info('memory').catch(() => '')
  return /maxmemory_policy:(\S+)/.exec(info)?.[1]
}

/** The first word of an error of Redis (`NOAUTH`), or a code of the system (`ECONNREFUSED`): no more of it is safe to tell. */
function reasonOf(error: Error): string {
  const word = /^[A-Z]{4,}\b/.exec(error.message)?.[0]
  return word ?? ('code' in error ? String(error.code) : error.name)
}

/** @returns why a Redis cannot be used for queues; `undefined` when it can. */
export async function findRedisFault(url: string): Promise<string | undefined> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 5_000,
    retryStrategy: () => null
  })
  let fault: Error | undefined
  redis.on('error', (error) => {
    fault ??= error
  })
  try {
    await redis.connect()
    const [, major = '0', minor = '0'] = /redis_version:(\d+)\.(\d+)/.exec(await redis.info('server')) ?? []
    const isOld = Number(major) < 6 || (major === '6' && Number(minor) < 2)
    if (isOld) return `it is Redis ${major}.${minor}, and 6.2 or later is needed`
    const policy = await evictionPolicy(redis)
    return policy === undefined || policy === 'noeviction' ? undefined : unfit(policy)
  } catch (error) {
    return reasonOf(fault ?? (error as Error))
  } finally {
    redis.disconnect()
  }
}

const delay = (ms: number) =>
  new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms).unref())
