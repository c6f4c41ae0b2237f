import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { LocalServer } from './processes/local-server.ts'
import { startOnPort } from './processes/port.ts'
import { startProcess } from './processes/start-process.ts'
import { ToolError } from './processes/tool-error.ts'
import { canDownloadRedis, downloadRedis } from './redis/download.ts'
import { findRedis, type RedisBinary } from './redis/find.ts'

export interface LocalRedisOptions {
  /** Its working folder. Nothing is kept in it: Redis is disposable. */
  readonly folder: string
  /** Holds the server that was unpacked from the system's packages, if one was needed. */
  readonly cacheFolder: string
  /** On 127.0.0.1. Default: a free one. */
  readonly port?: number | undefined
  /** Default: a new one. A server that is to be started again at the same address needs its own. */
  readonly password?: string
  readonly startTimeoutMs?: number
  readonly logFile?: string | undefined
  /** Told when the server has to be downloaded first, which takes some seconds. */
  readonly onDownload?: () => void
}

const howToGetOne =
  'Install Redis or Valkey 6.2 or later (Debian: apt-get install redis-server, Fedora: dnf install valkey, macOS: ' +
  'brew install redis), or set REDIS_URL.'

async function findOrDownload({ cacheFolder, onDownload }: LocalRedisOptions): Promise<RedisBinary> {
  const found = findRedis(cacheFolder)
  if (found) return found
  if (!canDownloadRedis()) throw new ToolError(`There is no Redis server on this machine. ${howToGetOne}`)
  onDownload?.()
  try {
    await downloadRedis(cacheFolder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ToolError(`Redis could not be fetched from the system's packages. ${howToGetOne}\n${reason}`)
  }
  const unpacked = findRedis(cacheFolder)
  if (unpacked) return unpacked
  throw new ToolError(
    `The Redis of the system's packages does not run here or is older than 6.2. ${howToGetOne}`
  )
}

/**
 * The password is not for secrecy of what Redis holds but because whoever commands a Redis can make it write files. It
 * goes in by standard input, since everybody on the machine can read a command line.
 */
function configurationOf(port: number, folder: string, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(folder)}`,
    `requirepass ${password}`,
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    'daemonize no',
    ''
  ].join('\n')
}

async function startOnce(
  binary: RedisBinary,
  port: number,
  options: LocalRedisOptions
): Promise<LocalServer> {
  const folder = resolve(options.folder)
  mkdirSync(folder, { recursive: true })
  const password = options.password ?? randomBytes(18).toString('hex')
  const running = await startProcess({
    name: 'Redis',
    command: binary.command,
    args: ['-'],
    env: binary.env,
    cwd: folder,
    input: configurationOf(port, folder, password),
    isReady: (output) => output.includes('Ready to accept connections'),
    startTimeoutMs: options.startTimeoutMs ?? 10_000,
    logFile: options.logFile,
    ownGroup: true
  })
  return { ...running, url: `redis://:${password}@127.0.0.1:${port}`, port, folder }
}

/**
 * Starts a private Redis on loopback, from PATH, else from the system's packages unpacked into the cache folder. It
 * ends with this process, however this one ends.
 *
 * @throws ToolError that says what to do: no server to be had, a port in use, or its last lines when it does not start.
 */
export async function startRedis(options: LocalRedisOptions): Promise<LocalServer> {
  const binary = await findOrDownload(options)
  return startOnPort(options.port, (port) => startOnce(binary, port, options), /Failed listening on port/)
}
