import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface RedisBinary {
  readonly command: string
  readonly env: NodeJS.ProcessEnv
  readonly from: 'PATH' | 'cache'
}

/** BullMQ needs commands that came with Redis 6.2. */
function isNewEnough({ command, env }: Pick<RedisBinary, 'command' | 'env'>): boolean {
  const { status, stdout } = spawnSync(command, ['--version'], { env, encoding: 'utf8' })
  const [, major, minor] = /v=(\d+)\.(\d+)/.exec(stdout ?? '') ?? []
  return status === 0 && Number(major) * 100 + Number(minor) >= 602
}

/** A server unpacked from the system's packages finds the libraries that were unpacked beside it. */
function findUnpacked(folder: string): RedisBinary | undefined {
  const command = join(folder, 'usr', 'bin', 'redis-server')
  const libraries = join(folder, 'usr', 'lib')
  if (!existsSync(command)) return undefined
  const folders = existsSync(libraries)
    ? readdirSync(libraries).filter((name) => name.includes('-linux-'))
    : []
  const searched = folders.map((name) => join(libraries, name)).join(':')
  return { command, env: { ...process.env, LD_LIBRARY_PATH: searched }, from: 'cache' }
}

/** The first server that runs here and is at least 6.2: on PATH, else in the cache folder. */
export function findRedis(cacheFolder: string): RedisBinary | undefined {
  const onPath = ['redis-server', 'valkey-server'].map((command) => ({
    command,
    env: process.env,
    from: 'PATH' as const
  }))
  const unpacked = findUnpacked(cacheFolder)
  return [...onPath, ...(unpacked ? [unpacked] : [])].find(isNewEnough)
}
