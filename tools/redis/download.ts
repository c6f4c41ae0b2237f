import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tailOf } from '../processes/start-process.ts'
import { ToolError } from '../processes/tool-error.ts'

const limitMs = 180_000

/** Debian, Ubuntu and their kin. */
export function canDownloadRedis(): boolean {
  return ['apt-get', 'dpkg'].every((command) => spawnSync(command, ['--version']).status === 0)
}

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const env = { ...process.env, LC_ALL: 'C' }
    const { stdout } = await promisify(execFile)(command, args, {
      cwd,
      env,
      timeout: limitMs,
      maxBuffer: 1 << 26
    })
    return stdout
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    throw new ToolError(`${command} ${args.at(-1)} failed: ${tailOf(output) || String(error)}`)
  }
}

/**
 * apt with package lists and a download folder of its own: needs no root and leaves the system's state alone. The list
 * of what is installed is the system's, so that only what is missing is fetched.
 */
function aptOptions(folder: string): readonly string[] {
  const settings = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': join(folder, 'cache'),
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
    // Else a list that could not be fetched is no error, and the package is what is missing.
    'APT::Update::Error-Mode': 'any',
    // Root would otherwise download as a user who may not be able to enter this folder.
    ...(process.getuid?.() === 0 ? { 'APT::Sandbox::User': 'root' } : {})
  }
  return ['-q', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])]
}

async function unpackPackages(folder: string): Promise<void> {
  const packages = join(folder, 'packages')
  for (const made of ['state/lists/partial', 'cache/archives/partial', 'packages', 'root']) {
    mkdirSync(join(folder, made), { recursive: true })
  }
  const apt = (...args: readonly string[]) => run('apt-get', [...aptOptions(folder), ...args], packages)
  await apt('update')
  const plan = await apt('--simulate', '--no-install-recommends', 'install', 'redis-server')
  const missing = [...plan.matchAll(/^Inst (\S+)/gm)].flatMap(([, name]) => name ?? [])
  // redis-tools holds the program itself; redis-server is a link to it.
  await apt('download', ...new Set([...missing, 'redis-server', 'redis-tools']))
  for (const name of readdirSync(packages))
    await run('dpkg', ['-x', join(packages, name), join(folder, 'root')], folder)
}

/**
 * Unpacks a Redis server from the system's packages into the folder, replacing what is there. Nothing is installed.
 *
 * @throws ToolError when the packages cannot be had.
 */
export async function downloadRedis(folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  try {
    await unpackPackages(unfinished)
    rmSync(folder, { recursive: true, force: true })
    renameSync(join(unfinished, 'root'), folder)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}
