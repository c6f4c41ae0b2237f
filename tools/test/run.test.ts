import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findCommandLine } from '../processes/command-line.ts'

// A checkout of nothing but the bootstrap, with stand-ins for npm and pnpm that say what the real ones were seen to say.
const tools = join(import.meta.dirname, '..')
let root = ''

const npm = `#!/bin/sh
echo "npm $*" >> calls.log
[ -z "$NPM_SAYS" ] || { echo "$NPM_SAYS" >&2; exit 1; }
sleep "\${NPM_TAKES:-0}"
mkdir -p node_modules/pnpm/bin
cat > node_modules/pnpm/bin/pnpm.cjs <<'END'
require('node:fs').appendFileSync('calls.log', 'pnpm ' + process.argv.slice(2).join(' ') + '\\n')
if (process.env.PNPM_SAYS) { console.log(process.env.PNPM_SAYS); process.exit(1) }
require('node:fs').mkdirSync('node_modules', { recursive: true })
END
`

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chesil run ')) // a path with spaces
  for (const name of ['run.mjs', 'setup', 'toolchain']) {
    cpSync(join(tools, name), join(root, 'tools', name), {
      recursive: true,
      filter: (path) => !path.includes('node_modules')
    })
  }
  for (const folder of ['packages', 'services', 'bin']) mkdirSync(join(root, folder))
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'])
    writeFileSync(join(root, file), '{}')
  writeFileSync(join(root, 'bin', 'npm'), npm)
  chmodSync(join(root, 'bin', 'npm'), 0o755)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
}

function start(
  script: string,
  env: Record<string, string> = {}
): { child: ChildProcess; ended: Promise<Ended> } {
  writeFileSync(join(root, 'script.ts'), script)
  const child = spawn(process.execPath, [join(root, 'tools', 'run.mjs'), 'script.ts', 'an', '--argument'], {
    cwd: root,
    env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, npm_config_globalconfig: '/dev/null', ...env }
  })
  const ended = new Promise<Ended>((resolve) => {
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('close', (code, signal) => resolve({ code, signal, output }))
  })
  return { child, ended }
}

const run = (script: string, env?: Record<string, string>) => start(script, env).ended
const lines = (output: string) => output.trimEnd().split('\n')

async function waitForFile(file: string): Promise<void> {
  await expect.poll(() => existsSync(file), { timeout: 10_000 }).toBe(true)
}

test('the script gets its arguments, and its exit code is passed on', async () => {
  const { code, output } = await run('console.log(process.argv.slice(2).join(" ")); process.exit(3)')
  expect(code).toBe(3)
  expect(lines(output).at(-1)).toBe('an --argument')
})

test('what is set up is set up once, and again when a manifest changes', async () => {
  const first = await run('')
  expect(lines(first.output).filter((line) => /: \d+\.\d s$/.test(line))).toHaveLength(2)
  expect((await run('')).output).toBe('')
  mkdirSync(join(root, 'packages', 'new'))
  writeFileSync(join(root, 'packages', 'new', 'package.json'), '{}')
  expect((await run('')).output).toMatch(/^\[setup\] dependencies …\n\[setup\] dependencies: \d+\.\d s\n$/)
})

test('nothing is written outside the checkout, and no home is needed', async () => {
  const { code } = await run('', { HOME: '' })
  expect(code).toBe(0)
  expect(readdirSync(root)).toEqual(expect.arrayContaining(['.cache', '.toolchain']))
})

test.each([
  { says: 'npm error code ENOTFOUND', line: /cannot be reached; check the network and the proxy/ },
  { says: 'npm error code EAI_AGAIN', line: /cannot be reached/ },
  { says: 'npm error code ETIMEDOUT', line: /cannot be reached/ },
  { says: 'npm error code E403', line: /refuses access; check the registry, credentials and proxy/ },
  { says: 'npm error code E404', line: /does not hold a package we need/ },
  {
    says: 'npm error code SELF_SIGNED_CERT_IN_CHAIN',
    line: /certificate is not trusted; set NODE_EXTRA_CA_CERTS/
  },
  { says: 'npm error code ENOSPC', line: /the disk is full; free about 1 GB/ },
  { says: 'npm error code EACCES', line: /cannot be written by this user/ },
  { says: 'npm error code EINTEGRITY', line: /arrived damaged or altered/ }
])('when npm says “$says”, one line says what to do', async ({ says, line }) => {
  const { code, output } = await run('console.log("not reached")', { NPM_SAYS: says })
  expect(code).toBe(1)
  expect(lines(output)).toEqual([expect.stringMatching(/^\[setup\] pnpm …$/), expect.stringMatching(line)])
  expect(output).toContain(`Details: ${join(root, '.toolchain', 'setup.log')}`)
})

test.each([
  { says: ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install', line: /the lockfile does not match the manifests/ },
  { says: 'FetchError: … reason: getaddrinfo EAI_AGAIN', line: /cannot be reached/ },
  { says: "code: 'SELF_SIGNED_CERT_IN_CHAIN'", line: /certificate is not trusted/ }
])('when pnpm says “$says”, one line says what to do', async ({ says, line }) => {
  const { code, output } = await run('console.log("not reached")', { PNPM_SAYS: says })
  expect(code).toBe(1)
  expect(lines(output).slice(2)).toEqual(['[setup] dependencies …', expect.stringMatching(line)])
})

test('a failure that nobody foresaw shows what was said', async () => {
  const { code, output } = await run('', { NPM_SAYS: 'the cat sat on the keyboard' })
  expect(code).toBe(1)
  expect(output).toMatch(/pnpm failed \(exit 1\)\. Details: .*\nthe cat sat on the keyboard\n$/)
})

test('a setup that failed is tried again', async () => {
  await run('', { PNPM_SAYS: 'ENOTFOUND' })
  expect((await run('process.exit(4)')).code).toBe(4)
})

test('without npm it is said that npm is missing', async () => {
  rmSync(join(root, 'bin', 'npm'))
  const { code, output } = await run('', { PATH: join(root, 'bin') })
  expect(code).toBe(1)
  expect(lines(output).at(-1)).toMatch(/npm was not found\. Install Node\.js together with npm/)
})

test('a slow step shows a sign of life', async () => {
  const { output } = await run('', { NPM_TAKES: '3' })
  expect(output).toMatch(/pnpm … 2\.\d s\n/)
})

test('of two that start at once, one sets up and the other waits', async () => {
  const both = await Promise.all([run('', { NPM_TAKES: '1' }), run('', { NPM_TAKES: '1' })])
  expect(both.map(({ code }) => code)).toEqual([0, 0])
  const output = both.map((one) => one.output).join('')
  expect(output.match(/\] pnpm …\n/g)).toHaveLength(1)
  expect(output).toMatch(/another setup is running here \(process \d+\); waiting/)
})

test('the lock of a setup that was killed keeps nobody out', async () => {
  const { child, ended } = start('', { NPM_TAKES: '2' })
  await waitForFile(join(root, '.toolchain', 'toolchain.lock'))
  child.kill('SIGKILL')
  await ended
  expect((await run('process.exit(5)')).code).toBe(5)
})

test('a setup that is told to stop stops, and gives its lock back', async () => {
  const { child, ended } = start('', { NPM_TAKES: '20' })
  await waitForFile(join(root, '.toolchain', 'calls.log'))
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 143 })
  expect(readdirSync(join(root, '.toolchain')).filter((name) => name.endsWith('.lock'))).toEqual([])
})

const waiting = `
process.on('SIGTERM', () => { console.log('told to stop'); process.exit(7) })
process.on('disconnect', () => process.exit(8))
process.channel?.unref()
console.log('pid ' + process.pid)
setInterval(() => {}, 1000)
`

function readPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.stdout?.on('data', (text: Buffer | string) => {
      const found = /pid (\d+)/.exec(String(text))?.[1]
      if (found) resolve(Number(found))
    })
  })
}

async function waitUntilGone(pid: number): Promise<void> {
  await expect.poll(() => findCommandLine(pid), { timeout: 10_000 }).toBeUndefined()
}

async function startWaiting(): Promise<{ child: ChildProcess; ended: Promise<Ended>; pid: number }> {
  const started = start(waiting)
  return { ...started, pid: await readPid(started.child) }
}

test('a signal reaches the script, and the script decides how it ends', async () => {
  const { child, ended } = await startWaiting()
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 7, output: expect.stringContaining('told to stop') })
})

test('a script that a signal ends looks so to whoever started it', async () => {
  const { ended, pid } = await startWaiting()
  process.kill(pid, 'SIGKILL')
  expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' })
})

test('a script learns of it when the bootstrap is killed', async () => {
  const { child, pid } = await startWaiting()
  child.kill('SIGKILL')
  await waitUntilGone(pid)
})

test('a script is stopped when npm is killed without passing anything on', async () => {
  writeFileSync(join(root, 'script.ts'), waiting)
  const npmRun = spawn(
    '/bin/sh',
    ['-c', '"$0" "$1" script.ts & wait', process.execPath, join(root, 'tools', 'run.mjs')],
    {
      cwd: root,
      env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, npm_lifecycle_event: 'demo' }
    }
  )
  const pid = await readPid(npmRun)
  npmRun.kill('SIGKILL')
  await waitUntilGone(pid)
})
