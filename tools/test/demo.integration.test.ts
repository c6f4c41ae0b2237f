import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { findCommandLine } from '../processes/command-line.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'chesil demo '))
chmodSync(folder, 0o755) // entered by whom PostgreSQL runs as when we are root
const demoFile = join(folder, 'demo.json')

interface DemoFile {
  readonly recordApi: string
  readonly postgres: string
  readonly redis: string
  readonly tokens: Readonly<Record<string, string>>
  readonly people: readonly { readonly id: string; readonly nhsNumber: string; readonly name: string }[]
  readonly testPeople: Readonly<Record<string, { readonly id?: string; readonly nhsNumber: string }>>
}

interface Demo {
  readonly pid: number
  output(): string
  disconnect(): void
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<number | null>
}

const demos: Demo[] = []
afterEach(async () => {
  for (const demo of demos.splice(0)) demo.kill('SIGKILL')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function start(...args: readonly string[]): Demo {
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...env } = process.env
  const child = spawn(process.execPath, [join(root, 'tools', 'demo', 'main.ts'), ...args], {
    cwd: root,
    env: { ...env, DEMO_FOLDER: folder, INIT_CWD: root },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('its output is not piped')
  let output = ''
  for (const stream of [stdout, stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const demo = {
    pid: child.pid ?? 0,
    output: () => output,
    disconnect: () => child.disconnect(),
    kill: (signal: NodeJS.Signals) => void child.kill(signal),
    ended: Promise.all([once(child, 'exit'), once(stdout, 'end'), once(stderr, 'end')]).then(
      ([[code]]) => code as number | null
    )
  }
  demos.push(demo)
  return demo
}

async function startReady(): Promise<{ demo: Demo; file: DemoFile; processes: readonly number[] }> {
  const demo = start('--people', '2')
  await expect.poll(demo.output, { timeout: 60_000 }).toContain('Ready in')
  const file = JSON.parse(readFileSync(demoFile, 'utf8')) as DemoFile
  return { demo, file, processes: findDescendants(demo.pid) }
}

function findDescendants(pid: number): readonly number[] {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((candidate) => {
      try {
        const status = readFileSync(`/proc/${candidate}/stat`, 'utf8')
        return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]) === pid
      } catch {
        return false
      }
    })
  return children.flatMap((child) => [child, ...findDescendants(child)])
}

/** Which of the processes are still there after so long. */
async function findLeft(processes: readonly number[], timeoutMs: number): Promise<readonly string[]> {
  for (const end = Date.now() + timeoutMs; ; await sleep(100)) {
    const left = processes.flatMap((pid) => findCommandLine(pid) ?? [])
    if (left.length === 0 || Date.now() > end) return left
  }
}

// One after the other on the same data, since each start costs seconds.
describe.runIf(process.platform === 'linux')('the demo', () => {
  let people: DemoFile['people'] = []

  test('is ready with people who can be read; its curl lines work as pasted; Ctrl-C ends all of it', async () => {
    const { demo, file, processes } = await startReady()
    people = file.people
    expect(people).toHaveLength(2)
    expect(file.testPeople['restricted']).not.toHaveProperty('id')
    expect(statSync(demoFile).mode & 0o777).toBe(0o600)
    expect(demo.output()).toContain(file.tokens['clinician'])
    const lines = demo
      .output()
      .split('\n')
      .filter((line) => line.startsWith('curl '))
    expect(lines).toHaveLength(3)
    for (const line of lines) {
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', line], { cwd: '/', maxBuffer: 1 << 26 })
      expect(stdout).toContain(people[0]?.id)
    }
    const second = start()
    expect(await second.ended).toBe(1)
    expect(second.output()).toMatch(
      /^A demo is already running here \(process \d+\): stop it first, or use that one\.\n$/
    )
    expect(existsSync(demoFile)).toBe(true)

    demo.kill('SIGINT')
    demo.kill('SIGINT') // npm passes on what the terminal has already sent
    expect(await demo.ended).toBe(0)
    expect(await findLeft(processes, 1_000)).toEqual([])
    expect(existsSync(demoFile)).toBe(false)
  })

  test('keeps its people for the next start, and leaves nothing running when it is killed with -9', async () => {
    const { demo, file, processes } = await startReady()
    expect(file.people).toEqual(people)
    expect(processes.length).toBeGreaterThan(10)
    demo.kill('SIGKILL')
    await demo.ended
    expect(await findLeft(processes, 15_000)).toEqual([])
  })

  test('starts after it was killed, and ends as a whole when a service crashes, with the end of its log', async () => {
    const { demo, file, processes } = await startReady()
    expect(file.people).toEqual(people)
    const adapter = processes.find((pid) => findCommandLine(pid)?.includes('services/gp-adapter/'))
    if (adapter === undefined) throw new Error('the demo runs no gp-adapter')
    process.kill(adapter, 'SIGKILL')
    expect(await demo.ended).toBe(1)
    expect(demo.output()).toContain(
      'The service gp-adapter has ended by itself (SIGKILL). Its last lines:\n{'
    )
    expect(await findLeft(processes, 1_000)).toEqual([])
  })

  test('stops in the middle of its start when whoever started it has died', async () => {
    const demo = start('--people', '2')
    await expect.poll(demo.output, { timeout: 60_000 }).toContain('✓ PostgreSQL')
    const processes = findDescendants(demo.pid)
    demo.disconnect()
    expect(await demo.ended).toBe(0)
    expect(await findLeft(processes, 15_000)).toEqual([])
  })

  test('says in one line that a port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const demo = start('--port', String(typeof address === 'object' && address?.port))
    expect(await demo.ended).toBe(1)
    expect(demo.output()).toMatch(/^Port \d+ is in use: .*\n$/)
    server.close()
  })

  test('says what is wrong with a folder of records in which there is nobody, and ends', async () => {
    const records = join(folder, 'records')
    mkdirSync(records)
    writeFileSync(join(records, 'notes.json'), '{"resourceType":"Patient"}')
    const demo = start('--gp-records', records)
    await expect.poll(demo.output, { timeout: 60_000 }).toContain('✓ PostgreSQL')
    const processes = findDescendants(demo.pid)
    expect(await demo.ended).toBe(1)
    expect(demo.output()).toMatch(
      /\nThere is nobody to load: the folder of --gp-records holds no record with an NHS number\.\n$/
    )
    expect(await findLeft(processes, 1_000)).toEqual([])
  })

  test('says in one line which option it does not know', async () => {
    const demo = start('--person', '3')
    expect(await demo.ended).toBe(2)
    expect(demo.output()).toMatch(/^Unknown option '--person'.*\n$/)
  })
})
