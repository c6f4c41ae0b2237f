import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findCommandLine } from '../processes/command-line.ts'

function readLockedBy(lockFile: string): number {
  try {
    return Number.parseInt(readFileSync(lockFile, 'utf8'), 10) || 0
  } catch {
    return 0
  }
}

async function waitUntilGone(pid: number, timeoutMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 50) {
    if (findCommandLine(pid) === undefined) return true
    await sleep(50)
  }
  return false
}

/**
 * Clears what an earlier run has left behind: a server that outlived it, which is stopped, or a lock file whose process
 * number now belongs to a stranger or to a zombie that nobody reaps, over which PostgreSQL would refuse to start.
 *
 * The caller sees to it that no two use the same data folder at a time.
 */
export async function clearLeftover(data: string): Promise<void> {
  const lockFile = join(data, 'postmaster.pid')
  const pid = readLockedBy(lockFile)
  const command = pid > 0 ? (findCommandLine(pid) ?? '') : ''
  if (command.includes('postgres') && command.includes(data)) {
    process.kill(pid, 'SIGINT')
    if (!(await waitUntilGone(pid, 10_000))) process.kill(pid, 'SIGQUIT')
    await waitUntilGone(pid, 5_000)
  }
  rmSync(lockFile, { force: true })
}
