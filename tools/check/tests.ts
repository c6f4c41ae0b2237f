import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

interface Report {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/**
 * Counts what vitest reports. A file that could not even be loaded has no tests to fail, and an error outside of any
 * test belongs to none: each counts as one failure.
 */
export function tallyReport(report: Report): Tally {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0
  ).length
  const failed = numFailedTests + brokenFiles
  return {
    passed: numPassedTests,
    failed: failed === 0 && !report.success ? 1 : failed,
    skipped: numPendingTests + numTodoTests
  }
}

function readTally(file: string, isSuccess: boolean): Tally {
  try {
    const tally = tallyReport(JSON.parse(readFileSync(file, 'utf8')) as Report)
    return tally.failed === 0 && !isSuccess ? { ...tally, failed: 1 } : tally
  } catch {
    return { passed: 0, failed: 1, skipped: 0 } // it died before it wrote a report, or found no test
  }
}

function whenEnded(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
  })
}

/** A process group of its own, so that whatever a test leaves behind can be ended with it. */
function endGroup(child: ChildProcess): void {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // nothing was left behind
  }
}

/**
 * Runs the tests, showing vitest's own report as it comes.
 *
 * @param args For vitest: file filters and flags.
 * @param stop Ends the run early.
 */
export async function runTests(root: string, args: readonly string[], stop: AbortSignal): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'chesil-check-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const vitest = join(root, 'node_modules', '.bin', 'vitest')
  const child = spawn(vitest, ['run', ...reporters, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true
  })
  // vitest closes its servers on this; a second one would end it at once.
  stop.addEventListener('abort', () => child.kill('SIGINT'))
  const isSuccess = await whenEnded(child)
  endGroup(child)
  const tally = readTally(report, isSuccess)
  rmSync(folder, { recursive: true, force: true })
  return tally
}
