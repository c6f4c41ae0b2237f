import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Account } from '../processes/start-process.ts'
import { ToolError } from '../processes/tool-error.ts'
import { canEnter } from './account.ts'

/** Anybody may make a folder in /var/tmp, so one that is there already is used only if it is ours. */
function makeOwnFolder(folder: string): void {
  try {
    mkdirSync(folder)
    chmodSync(folder, 0o755) // whatever the umask is: the account has to enter it
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const found = lstatSync(folder)
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
  if (!isOurs) throw new ToolError(`${folder} belongs to somebody else: remove it, or set DATABASE_URL.`)
}

/**
 * The folder itself when the account may enter it. When it may not, as in a checkout under /root, a folder of our own
 * under /var/tmp, always the same one, so that what it holds is found again after a restart.
 */
export function findReachablePlace(folder: string, account: Account | undefined): string {
  mkdirSync(folder, { recursive: true })
  if (canEnter(account, folder)) return folder
  const name = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16)
  const place = `/var/tmp/chesil-${name}`
  makeOwnFolder(place)
  return place
}
