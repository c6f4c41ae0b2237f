import { connect } from 'node:net'
import { join } from 'node:path'
import { findRedisFault } from '@chesil/service-kit/queues'
import { startPostgres } from './local-postgres.ts'
import { startRedis } from './local-redis.ts'
import type { LocalServer } from './processes/local-server.ts'
import { ToolError } from './processes/tool-error.ts'

export interface OpenServicesOptions {
  /** A server to use instead of a private one. */
  readonly databaseUrl?: string | undefined
  readonly redisUrl?: string | undefined
  /** Holds the private servers' data, in a folder each. */
  readonly folder: string
  /** Holds what had to be downloaded for them. */
  readonly cacheFolder: string
  readonly logFolder?: string
  /** Whether PostgreSQL waits for the disk. Default `true`. */
  readonly durable?: boolean
  /** Told about what takes long. */
  readonly onProgress?: (message: string) => void
}

export interface OpenServer {
  readonly url: string
  /** The server when we started it, so that it may be flushed, killed or thrown away; absent when it is a user's. */
  readonly local?: LocalServer
}

export interface OpenServices {
  readonly postgres: OpenServer
  readonly redis: OpenServer
  /** Stops what was started here. Safe to repeat. */
  stop(): Promise<void>
}

const defaultPorts = { DATABASE_URL: 5432, REDIS_URL: 6379 }
const schemes = { DATABASE_URL: ['postgres:', 'postgresql:'], REDIS_URL: ['redis:', 'rediss:'] }

function parseUrl(name: keyof typeof defaultPorts, text: string): URL {
  const url = URL.parse(text)
  if (url && schemes[name].includes(url.protocol)) return url
  throw new ToolError(`${name} is not a URL that begins with ${schemes[name].join('// or ')}//.`)
}

/** Says at once, and by name, what a client library would say after its retries. */
async function assertReachable(name: keyof typeof defaultPorts, text: string): Promise<void> {
  const { hostname, port } = parseUrl(name, text)
  if (!hostname) return // a Unix socket, named in the parameters
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || defaultPorts[name] })
  const failure = await new Promise<string | undefined>((resolve) => {
    socket.setTimeout(5_000, () => resolve('no answer in 5 s'))
    socket.once('connect', () => resolve(undefined))
    socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message))
  })
  socket.destroy()
  if (failure)
    throw new ToolError(`The server of ${name} cannot be reached (${failure}): start it, or unset ${name}.`)
}

/** The user's server, else a private one from the machine's own or downloaded binaries. */
export async function openPostgres(options: OpenServicesOptions): Promise<OpenServer> {
  if (options.databaseUrl) {
    await assertReachable('DATABASE_URL', options.databaseUrl)
    return { url: options.databaseUrl }
  }
  const local = await startPostgres({
    folder: join(options.folder, 'postgres'),
    durable: options.durable ?? true,
    logFile: options.logFolder && join(options.logFolder, 'postgres.log')
  })
  return { url: local.url, local }
}

export async function openRedis(options: OpenServicesOptions): Promise<OpenServer> {
  if (options.redisUrl) {
    await assertReachable('REDIS_URL', options.redisUrl)
    const fault = await findRedisFault(options.redisUrl)
    if (fault) throw new ToolError(`The server of REDIS_URL cannot be used: ${fault}.`)
    return { url: options.redisUrl }
  }
  const local = await startRedis({
    folder: join(options.folder, 'redis'),
    cacheFolder: join(options.cacheFolder, 'redis'),
    logFile: options.logFolder && join(options.logFolder, 'redis.log'),
    onDownload: () => options.onProgress?.("fetching a Redis server from the system's packages (once)")
  })
  return { url: local.url, local }
}

/**
 * Opens both, at the same time.
 *
 * @throws ToolError of the one that failed; the other is stopped first.
 */
export async function openServices(options: OpenServicesOptions): Promise<OpenServices> {
  const [postgres, redis] = await Promise.allSettled([openPostgres(options), openRedis(options)])
  const opened = [postgres, redis].flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async () => {
    await Promise.all(opened.map((server) => server.local?.stop()))
  }
  if (postgres.status === 'fulfilled' && redis.status === 'fulfilled') {
    return { postgres: postgres.value, redis: redis.value, stop }
  }
  await stop()
  throw [postgres, redis].find((one) => one.status === 'rejected')?.reason
}
