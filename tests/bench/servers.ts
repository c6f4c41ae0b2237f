import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { migrate } from '@chesil/record-store'
import { startRedis } from '../../tools/local-redis.ts'
import { openServices } from '../../tools/open-services.ts'
import type { StackServers } from '../support/open-stack.ts'

const root = path.join(import.meta.dirname, '../..')
const folder = path.join(root, '.cache', 'bench')

/**
 * PostgreSQL and Redis for a bench: on the disk, not in memory, and durable, because that is what is measured.
 */
export async function openBenchServers(): Promise<StackServers & { stop(): Promise<void> }> {
  rmSync(folder, { recursive: true, force: true })
  const services = await openServices({
    databaseUrl: process.env['DATABASE_URL'],
    redisUrl: process.env['REDIS_URL'],
    folder,
    cacheFolder: path.join(root, '.cache'),
    onProgress: (message) => process.stderr.write(`${message}\n`)
  })
  await migrate(services.postgres.url)
  return {
    databaseUrl: services.postgres.url,
    redisUrl: services.redis.url,
    queuePrefix: `{chesil_bench_${randomBytes(4).toString('hex')}}`,
    async stop() {
      await services.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** A Redis that a bench may stop. */
export const startBenchRedis = () =>
  startRedis({
    folder: path.join(folder, 'own-redis'),
    cacheFolder: path.join(root, '.cache', 'redis')
  })
