import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type OpenServicesOptions, openPostgres, openRedis } from '../../tools/open-services.ts'
import { openContainer } from './containers.ts'
import { makeScratchFolder } from './scratch.ts'
import { dropDatabases, removeKeys } from './traces.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of a server, by a user who may create databases. Tests use databases of their own: `createDatabase()`. */
    databaseUrl: string
    redisUrl: string
    /** What every database's name and every Redis key of this run begins with. */
    testPrefix: string
    /** Whether the server is ours alone. A user's is never flushed, killed or reconfigured. */
    isPostgresPrivate: boolean
    isRedisPrivate: boolean
  }
}

interface TestServer {
  readonly url: string
  readonly isPrivate: boolean
  stop(): Promise<unknown>
}

interface TestServers {
  readonly postgres: TestServer
  readonly redis: TestServer
  readonly prefix: string
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '..', '..')

/** The user's server, else private ones: from local binaries, else in a container. */
async function openServer(kind: 'postgres' | 'redis', options: OpenServicesOptions): Promise<TestServer> {
  const variable = kind === 'postgres' ? 'DATABASE_URL' : 'REDIS_URL'
  try {
    const { url, local } = await (kind === 'postgres' ? openPostgres : openRedis)(options)
    const stop = async () => {
      await local?.stop()
      if (local) rmSync(local.folder, { recursive: true, force: true })
    }
    return { url, isPrivate: local !== undefined, stop }
  } catch (error) {
    if (process.env[variable]) throw error
    const reason = error instanceof Error ? error.message : String(error)
    return openContainer(kind).catch((why: Error) => {
      throw new Error(
        `No ${kind} for the tests. Set ${variable}.\n  local: ${reason}\n  container: ${why.message}`
      )
    })
  }
}

/** @throws Error that says why, of each that cannot be had; the other is stopped. */
async function openBoth(options: OpenServicesOptions): Promise<readonly [TestServer, TestServer]> {
  const [postgres, redis] = await Promise.allSettled([
    openServer('postgres', options),
    openServer('redis', options)
  ])
  if (postgres.status === 'fulfilled' && redis.status === 'fulfilled') return [postgres.value, redis.value]
  const reasons = [postgres, redis].flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
  for (const one of [postgres, redis]) if (one.status === 'fulfilled') await one.value.stop()
  rmSync(options.folder, { recursive: true, force: true })
  throw new Error(reasons.join('\n'))
}

async function openServers(): Promise<TestServers> {
  const folder = makeScratchFolder()
  const prefix = `chesil_test_${randomBytes(4).toString('hex')}`
  const [postgres, redis] = await openBoth({
    databaseUrl: process.env['DATABASE_URL'],
    redisUrl: process.env['REDIS_URL'],
    folder,
    cacheFolder: join(root, '.cache'),
    onProgress: (message: string) => process.stderr.write(`${message}\n`)
  })
  const stop = async () => {
    if (!postgres.isPrivate) await dropDatabases(postgres.url, prefix)
    if (!redis.isPrivate) await removeKeys(redis.url, prefix)
    await Promise.all([postgres.stop(), redis.stop()])
    rmSync(folder, { recursive: true, force: true })
  }
  return { postgres, redis, prefix, stop }
}

/** Several projects ask for servers, and each loads this file anew: they share what the first one opened. */
const registry = globalThis as {
  chesilTestServers?: { users: number; servers: Promise<TestServers> } | undefined
}

/** Opens the servers once for a whole run of tests; vitest calls it for each project that has tests to run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  registry.chesilTestServers ??= { users: 0, servers: openServers() }
  const entry = registry.chesilTestServers
  entry.users += 1
  const servers = await entry.servers
  project.provide('databaseUrl', servers.postgres.url)
  project.provide('redisUrl', servers.redis.url)
  project.provide('testPrefix', servers.prefix)
  project.provide('isPostgresPrivate', servers.postgres.isPrivate)
  project.provide('isRedisPrivate', servers.redis.isPrivate)
  return async () => {
    entry.users -= 1
    if (entry.users > 0) return
    registry.chesilTestServers = undefined
    await servers.stop()
  }
}
