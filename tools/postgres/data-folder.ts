import { execFile } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Account, tailOf } from '../processes/start-process.ts'
import { ToolError } from '../processes/tool-error.ts'
import type { Binaries } from './binaries.ts'

export const superuser = 'chesil'

export interface DataFolderOptions {
  readonly binaries: Binaries
  readonly account: Account | undefined
  /** Of the superuser: a port on loopback is open to everybody on the machine, and a superuser can run programs. */
  readonly password: string
  /** `false` skips the wait for the disk, for a server that is thrown away. */
  readonly durable: boolean
}

async function runInitdb(folder: string, passwordFile: string, options: DataFolderOptions): Promise<void> {
  const access = ['-U', superuser, '-A', 'scram-sha-256', '--pwfile', passwordFile]
  const text = ['-E', 'UTF8', '--locale=C', '--no-instructions', ...(options.durable ? [] : ['--no-sync'])]
  try {
    await promisify(execFile)(options.binaries.initdb, ['-D', folder, ...access, ...text], {
      ...options.account,
      cwd: '/',
      env: { ...process.env, LC_ALL: 'C' }
    })
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    throw new ToolError(`PostgreSQL's initdb failed: ${tailOf(output) || String(error)}`)
  }
}

/** Under another name first, so that a folder whose making was cut short is never taken for a whole one. */
async function createDataFolder(data: string, options: DataFolderOptions): Promise<void> {
  const unfinished = `${data}.new`
  const passwordFile = `${data}.password`
  for (const leftover of [unfinished, passwordFile]) rmSync(leftover, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  writeFileSync(passwordFile, options.password, { mode: 0o600 })
  try {
    if (options.account) {
      for (const path of [unfinished, passwordFile]) chownSync(path, options.account.uid, options.account.gid)
    }
    await runInitdb(unfinished, passwordFile, options)
    renameSync(unfinished, data)
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/** @throws ToolError when the data folder belongs to somebody other than the account. */
export function assertOwner(data: string, account: Account | undefined): void {
  if (!existsSync(data)) return
  const owner = statSync(data).uid
  if (owner === (account?.uid ?? process.getuid?.())) return
  throw new ToolError(
    `The database in ${data} was made by another user (${owner}): run this as that user, or remove the folder.`
  )
}

function assertVersion(data: string, { majorVersion }: Binaries): void {
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  if (version === String(majorVersion)) return
  throw new ToolError(
    `The database in ${data} was made by PostgreSQL ${version} and cannot be read by ${majorVersion}: ` +
      'remove the folder to begin again, or set DATABASE_URL to a server that holds it.'
  )
}

/** Makes the data folder, or checks that the one that is there can be used. */
export async function prepareDataFolder(data: string, options: DataFolderOptions): Promise<void> {
  if (existsSync(data)) assertVersion(data, options.binaries)
  else await createDataFolder(data, options)
}
