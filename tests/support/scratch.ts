import { accessSync, chmodSync, constants, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
const enoughBytes = 2 * 1024 ** 3

/**
 * A server that keeps its promises waits for the disk at each of them, and tests make and drop many databases. In memory
 * the wait is short while the settings stay as they are in earnest.
 */
function hasRoomInMemory(): boolean {
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize >= enoughBytes && freemem() >= enoughBytes
  } catch {
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A run that was killed could not clean up, and in memory its leavings would stay until the machine restarts. */
function removeLeavings(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(/^chesil-test-(\d+)-/.exec(name)?.[1])
    if (!pid || isAlive(pid)) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // another user's
    }
  }
}

/** A folder for what a test run throws away; whoever asks for it removes it. */
export function makeScratchFolder(): string {
  const parent = hasRoomInMemory() ? memory : tmpdir()
  removeLeavings(parent)
  const folder = mkdtempSync(join(parent, `chesil-test-${process.pid}-`))
  chmodSync(folder, 0o755) // PostgreSQL runs as somebody else when we are root
  return folder
}
