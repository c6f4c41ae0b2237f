import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * The command that a process was started with, its words separated by spaces: tells one of ours from a stranger that
 * has been given its number.
 *
 * @returns `undefined` when there is no such process, or it cannot be looked at.
 */
export function findCommandLine(pid: number): string | undefined {
  try {
    // Slim Linux images have no `ps`.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || undefined
  } catch {
    const answer = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    return answer.status === 0 ? answer.stdout.trim() || undefined : undefined
  }
}
