// Everything that has to be true of a change: format, lint, types, lockfiles and all tests. Arguments go to vitest, e.g.
// `npm test -- packages/fhir`. The last line is always `N passed, N failed`; a check that fails counts as a failed test.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findLockfileProblems } from './check/lockfiles.ts'
import { runTests } from './check/tests.ts'

const root = join(import.meta.dirname, '..')

interface Check {
  readonly name: string
  /** @returns What is wrong; empty when nothing is. */
  readonly run: () => Promise<string>
}

const write = (text: string) => process.stdout.write(`${text}\n`)
const secondsSince = (start: number) => `${((performance.now() - start) / 1_000).toFixed(1)} s`

function runCommand(command: string, args: readonly string[]): Promise<string> {
  const options = { cwd: root, maxBuffer: 1 << 26 }
  return new Promise((resolve) => {
    execFile(join(root, 'node_modules', '.bin', command), args, options, (error, stdout, stderr) =>
      resolve(error ? `${stdout}${stderr}`.trim() || error.message : '')
    )
  })
}

async function checkLockfiles(): Promise<string> {
  const pnpmLock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  const packageLock = readFileSync(join(root, 'tools', 'toolchain', 'package-lock.json'), 'utf8')
  return findLockfileProblems(pnpmLock, packageLock).join('\n')
}

const colours = `--colors=${process.stdout.isTTY ? 'force' : 'off'}`
/** What git ignores is none of ours: downloads hold thousands of JSON files. */
const ownFiles = ['--vcs-enabled=true', '--vcs-client-kind=git', '--vcs-use-ignore-file=true']

const checks: readonly Check[] = [
  {
    name: 'format and lint',
    run: () => runCommand('biome', ['ci', '--error-on-warnings', colours, ...ownFiles])
  },
  { name: 'types', run: () => runCommand('tsc', ['--build']) },
  { name: 'lockfiles', run: checkLockfiles }
]

async function runCheck({ name, run }: Check): Promise<boolean> {
  const start = performance.now()
  const problems = await run()
  write(`${problems ? '✗' : '✓'} ${name} (${secondsSince(start)})${problems && `\n${problems}\n`}`)
  return problems === ''
}

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
process.on('disconnect', () => stop.abort()) // whoever started us has died
process.channel?.unref()

const start = performance.now()
write(`checking: ${checks.map(({ name }) => name).join(', ')} …`)
const outcomes = await Promise.all(checks.map(runCheck))
write('running the tests …')
const tests = await runTests(root, process.argv.slice(2), stop.signal)
const failed = outcomes.filter((isFine) => !isFine).length + tests.failed
const passed = outcomes.filter((isFine) => isFine).length + tests.passed
write(`${tests.skipped > 0 ? `${tests.skipped} skipped, ` : ''}${secondsSince(start)} in all`)
write(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || stop.signal.aborted ? 1 : 0
