// One step of the setup: a command that runs with a sign of life and ends with one clear line.
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { explainFailure } from './failure.mjs'

const heartbeatMs = 2_500
const stepLimitMs = 15 * 60_000
const keptCharacters = 200_000
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** A failure that is already told in one line: what happened and what to do. */
export class SetupError extends Error {}

export function say(message) {
  process.stderr.write(`[setup] ${message}\n`)
}

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

/** What pnpm reports while it works, e.g. `resolved 349, reused 0, downloaded 120, added 80`. */
function latestProgress(output) {
  const line = output.match(/^Progress: .*$/gm)?.at(-1)
  return line ? ` (${line.replace('Progress: ', '').replace(', done', '')})` : ''
}

function launch(command, args, { cwd, env }) {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-keptCharacters)
    })
  }
  const done = new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }))
    child.once('close', (status, signal) => resolve({ status, signal }))
  })
  return { child, done, output: () => output }
}

function keepLog(file, output) {
  try {
    fs.writeFileSync(file, output)
    return ` Details: ${file}`
  } catch {
    return '' // the disk may be what is wrong
  }
}

function describeFailure({ what, command }, { error, status, signal }, output, logFile) {
  const details = keepLog(logFile, output)
  if (command === 'npm' && error?.code === 'ENOENT')
    return `${what}: npm was not found. Install Node.js together with npm and run this again.`
  const reason = explainFailure(`${error?.message ?? ''}\n${output}`)
  if (reason) return `${what}: ${reason}.${details}`
  if (signal === 'SIGKILL')
    return `${what}: not done after 15 minutes, or killed; check the network and run this again.${details}`
  const tail = output.trimEnd().split('\n').slice(-15).join('\n')
  return `${what} failed (${error?.message ?? signal ?? `exit ${status}`}).${details}\n${tail}`
}

/** npm does not always say that the disk is full, so look first. A system that cannot tell is taken to have room. */
function assertRoom(what, folder, neededMegabytes) {
  const { bavail, bsize } = fs.statfsSync?.(folder) ?? { bavail: Number.POSITIVE_INFINITY, bsize: 1 }
  const freeMegabytes = Math.floor((bavail * bsize) / 1e6)
  if (freeMegabytes >= neededMegabytes) return
  throw new SetupError(
    `${what}: the disk has ${freeMegabytes} MB free where about ${neededMegabytes} MB are needed; free some space and run this again.`
  )
}

/**
 * Runs a command to its end, with a line every 2.5 s so that a slow network does not look like a hang.
 *
 * @throws SetupError with the one line to show, when the command fails or takes more than 15 minutes.
 */
export async function runStep(what, command, args, { cwd, env, logFile, neededMegabytes }) {
  assertRoom(what, cwd, neededMegabytes)
  const started = Date.now()
  say(`${what} …`)
  // Before there is anything to stop: a signal that comes first would leave it running, and the lock behind.
  const stop = (signal, number) => {
    running?.child.kill(signal)
    process.exit(128 + number)
  }
  let running
  for (const signal of stopSignals) process.on(signal, stop)
  running = launch(command, args, { cwd, env })
  const { child, done, output } = running
  const heartbeat = setInterval(
    () => say(`${what} … ${seconds(started)}${latestProgress(output())}`),
    heartbeatMs
  )
  const limit = setTimeout(() => child.kill('SIGKILL'), stepLimitMs)
  const result = await done
  for (const signal of stopSignals) process.removeListener(signal, stop)
  clearTimeout(limit)
  clearInterval(heartbeat)
  if (result.status !== 0) throw new SetupError(describeFailure({ what, command }, result, output(), logFile))
  say(`${what}: ${seconds(started)}`)
}
