import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findCommandLine } from '../processes/command-line.ts'
import { ToolError } from '../processes/tool-error.ts'

export interface DemoLock {
  /** Tells the next one that waiting is worth while. */
  announceStop(): void
  release(): void
}

interface Holder {
  readonly pid: number
  readonly isStopping: boolean
}

/** Longer than a demo takes to stop. */
const patienceMs = 30_000

function tryWrite(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function readLock(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // it has just been given back
  }
}

/** A number alone says little: a demo that was killed leaves its own to whoever comes next. */
function findHolder(lock: string): Holder | undefined {
  const [pid, word] = lock.split(' ')
  const isDemo = findCommandLine(Number(pid))?.includes('tools/demo/main.ts')
  return isDemo ? { pid: Number(pid), isStopping: word === 'stopping' } : undefined
}

/**
 * Two demos would share a database and each other's files. One that is stopping is waited for: `npm` ends at once when
 * it is killed, before what it had started has ended.
 *
 * @throws ToolError when a demo is running in this checkout.
 */
export async function lockDemo(file: string): Promise<DemoLock> {
  for (const end = Date.now() + patienceMs; !tryWrite(file); await sleep(100)) {
    const lock = readLock(file)
    const holder = lock === undefined ? undefined : findHolder(lock)
    if (holder && (!holder.isStopping || Date.now() > end)) {
      throw new ToolError(
        `A demo is already running here (process ${holder.pid}): stop it first, or use that one.`
      )
    }
    // Another may have found it stale as well and hold the lock by now.
    if (!holder && lock !== undefined && readLock(file) === lock) rmSync(file, { force: true })
  }
  return {
    announceStop: () => writeFileSync(file, `${process.pid} stopping`),
    release: () => rmSync(file, { force: true })
  }
}
