// One setup at a time: two terminals must not install over each other.
import * as fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './step.mjs'

/** No step may take longer than this, so an older lock is left over from a process whose number is in use again. */
const oldestMs = 20 * 60_000

/** In a container whose first process reaps nobody, the dead stay on as zombies: they have no command line. */
function isZombie(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8') === ''
  } catch {
    return false // not Linux, or not ours to read
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function tryLock(file) {
  try {
    fs.writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function readLock(file) {
  try {
    return { text: fs.readFileSync(file, 'utf8'), ageMs: Date.now() - fs.statSync(file).mtimeMs }
  } catch {
    return undefined // it has just been given back
  }
}

/** Between its creation and its first bytes a lock is empty: held while it is young. */
function isHeld({ text, ageMs }) {
  const pid = Number(text)
  return pid > 0 ? isAlive(pid) && ageMs < oldestMs : ageMs < 1_000
}

async function acquire(file) {
  for (let attempt = 0; !tryLock(file); attempt += 1) {
    const lock = readLock(file)
    if (lock && !isHeld(lock)) {
      // Another may have done so meanwhile and hold the lock by now.
      if (readLock(file)?.text === lock.text) fs.rmSync(file, { force: true })
      continue
    }
    if (attempt % 12 === 0) say(`another setup is running here (process ${lock?.text}); waiting`)
    await sleep(200)
  }
}

export async function withLock(file, work) {
  await acquire(file)
  const release = () => fs.rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    release()
    process.removeListener('exit', release)
  }
}
