import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { guardProcess, type StopSignal } from './guard.ts'
import { ToolError } from './tool-error.ts'

/** The operating system's user that a process runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

export interface ProcessOptions {
  /** As a person would say it, for messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly account?: Account | undefined
  /** Written to its standard input, which is then closed. */
  readonly input?: string
  /** Says from all that it has printed so far whether it is ready. */
  readonly isReady: (output: string) => boolean
  readonly startTimeoutMs: number
  /** Default SIGTERM. */
  readonly stopSignal?: StopSignal
  /** After this it is killed. Default 10 s. */
  readonly stopTimeoutMs?: number
  /** Its output is appended here as well. */
  readonly logFile?: string | undefined
  /** Characters of its output to keep; the oldest go first. Default 100,000. */
  readonly keptOutput?: number
  /**
   * Gives it a process group of its own, so that Ctrl-C in the terminal leaves it to us to stop it in order, and
   * whatever it starts is stopped with it.
   */
  readonly ownGroup?: boolean
}

export interface RunningProcess {
  readonly pid: number
  /** What it has printed, standard output and error together. */
  output(): string
  /** Resolves when it has ended, with how: `exit code 1` or `SIGKILL`. */
  readonly exited: Promise<string>
  /** Asks it to stop and waits until it has; kills it when it takes too long. Safe to repeat. */
  stop(): Promise<void>
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>
}

/** The last lines of a log, for an error message. */
export function tailOf(output: string): string {
  return output.trimEnd().split('\n').slice(-15).join('\n')
}

function launch(options: ProcessOptions): ChildProcess {
  const child = spawn(options.command, options.args, {
    env: options.env ?? process.env,
    cwd: options.cwd,
    detached: options.ownGroup ?? false,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...options.account
  })
  child.stdin?.on('error', () => undefined) // it may end before it has read anything
  child.stdin?.end(options.input)
  return child
}

function collectOutput(child: ChildProcess, options: ProcessOptions): () => string {
  const log = options.logFile ? createWriteStream(options.logFile, { flags: 'a', mode: 0o600 }) : undefined
  log?.on('error', () => undefined) // a full disk must not end us: the log is a convenience
  const limit = options.keptOutput ?? 100_000
  const chunks: string[] = []
  let kept = 0
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      chunks.push(text)
      kept += text.length
      while (kept - (chunks[0]?.length ?? 0) >= limit) kept -= chunks.shift()?.length ?? 0
      log?.write(text)
    })
  }
  child.once('close', () => log?.end())
  return () => chunks.join('').slice(-limit)
}

function whenExited(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
}

function whenReady(child: ChildProcess, output: () => string, options: ProcessOptions): Promise<void> {
  return new Promise((resolve) => {
    const streams = [child.stdout, child.stderr]
    // Once it is ready nobody reads all its output again: a busy service prints a lot.
    const look = () => {
      if (!options.isReady(output())) return
      for (const stream of streams) stream?.off('data', look)
      resolve()
    }
    for (const stream of streams) stream?.on('data', look)
  })
}

/** @returns `undefined` when the promise has not settled in time. */
async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}

function signalTo(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal)
  } catch {
    // it has ended meanwhile
  }
}

function superviseProcess(
  child: ChildProcess,
  pid: number,
  options: ProcessOptions
): Pick<RunningProcess, 'exited' | 'stop' | 'kill'> {
  const { stopSignal = 'SIGTERM', stopTimeoutMs = 10_000, ownGroup = false } = options
  const target = ownGroup ? -pid : pid
  const releaseGuard = guardProcess(target, stopSignal)
  let isRunning = true
  const exited = whenExited(child).then((how) => {
    isRunning = false
    if (ownGroup) signalTo(target, 'SIGKILL') // whatever it started and left behind
    releaseGuard()
    return how
  })
  const kill = async () => {
    if (isRunning) signalTo(target, 'SIGKILL')
    await exited
  }
  const stop = async () => {
    if (isRunning) signalTo(target, stopSignal)
    await within(stopTimeoutMs, exited)
    await kill()
  }
  return { exited, stop, kill }
}

/**
 * Starts a process and waits until it is ready. It ends with this process, even if this one is killed with -9.
 *
 * @throws ToolError with the last lines of its output, when it ends or is not ready in time.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const child = launch(options)
  const output = collectOutput(child, options)
  const { pid } = child
  if (pid === undefined) throw new ToolError(`${options.name} cannot be started: ${await whenExited(child)}`)
  const running = superviseProcess(child, pid, options)
  const closed = once(child, 'close')
  const verdict = await within(
    options.startTimeoutMs,
    Promise.race([whenReady(child, output, options), running.exited.then((how) => `ended with ${how}`)]).then(
      (failure) => failure ?? 'ready'
    )
  )
  if (verdict === 'ready') return { pid, output, ...running }
  await running.kill()
  await within(500, closed) // its last words may still be on their way
  const failure = verdict ?? `was not ready after ${options.startTimeoutMs / 1_000} s`
  throw new ToolError(`${options.name} ${failure}. Its last lines:\n${tailOf(output())}`)
}
