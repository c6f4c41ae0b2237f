import { spawn } from 'node:child_process'

/**
 * Waits until its standard input closes, which the kernel sees to when the process at the other end dies, even by
 * kill -9. Then it asks the target to stop, and after five seconds makes it.
 */
const watch = `
read -r _
kill -s "$2" -- "$1" 2>/dev/null || exit 0
tries=0
while kill -0 -- "$1" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL -- "$1" 2>/dev/null
`

/** The signals a guard may ask a process to stop with. */
export type StopSignal = 'SIGINT' | 'SIGTERM'

/**
 * Stops a process when this one dies without having done so.
 *
 * @param target A process id, or a negated process group id.
 * @returns A function that ends the guard. Call it once the target has ended, since its number may be given to another.
 */
export function guardProcess(target: number, stopSignal: StopSignal): () => void {
  const signal = stopSignal.slice('SIG'.length)
  // A session of its own: Ctrl-C in the terminal must not end the guard before the process that it guards.
  const guard = spawn('/bin/sh', ['-c', watch, 'guard', String(target), signal], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore']
  })
  guard.on('error', () => undefined)
  guard.stdin.on('error', () => undefined)
  guard.unref()
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref()
  return () => void guard.kill('SIGKILL')
}
