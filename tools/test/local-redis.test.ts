import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { startRedis } from '../local-redis.ts'
import { findCommandLine } from '../processes/command-line.ts'
import { canDownloadRedis } from '../redis/download.ts'
import { findRedis } from '../redis/find.ts'

const folder = mkdtempSync(join(tmpdir(), 'chesil-redis-'))
// What `npm run demo` has fetched, so that this does not fetch it again.
const cacheFolder = join(import.meta.dirname, '..', '..', '.cache', 'redis')
const path = process.env['PATH']
const isAvailable = findRedis(cacheFolder) !== undefined || canDownloadRedis()

afterEach(() => {
  process.env['PATH'] = path
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function ask(port: number, ...commands: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(`${commands.join('\r\n')}\r\n`)
  let answer = ''
  for await (const text of socket.setEncoding('utf8')) answer += text
  return answer
}

/** A command that answers `--version` like a server of that version. */
function makeServer(name: string, answer: string): void {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), `#!/bin/sh\necho '${answer}'\n`)
  chmodSync(join(bin, name), 0o755)
  process.env['PATH'] = bin
}

test.runIf(isAvailable)(
  'a server evicts nothing, keeps nothing on disk and answers nobody without the password',
  async () => {
    const server = await startRedis({ folder, cacheFolder })
    const password = new URL(server.url).password
    expect(await ask(server.port, 'PING')).toMatch(/^-NOAUTH/)
    const answer = await ask(
      server.port,
      `AUTH ${password}`,
      'CONFIG GET maxmemory-policy',
      'CONFIG GET save',
      'CONFIG GET appendonly'
    )
    expect(answer.split('\r\n').filter((line) => !/^[*$]/.test(line))).toEqual([
      '+OK',
      'maxmemory-policy',
      'noeviction',
      'save',
      '',
      'appendonly',
      'no',
      ''
    ])
    await server.stop()
  }
)

test.runIf(isAvailable)('the password is not on the command line', async () => {
  const server = await startRedis({ folder, cacheFolder })
  expect(findCommandLine(server.pid)).not.toContain(new URL(server.url).password)
  await server.stop()
})

test.runIf(isAvailable)('a port in use is said in one line', async () => {
  const server = await startRedis({ folder, cacheFolder })
  await expect(startRedis({ folder, cacheFolder, port: server.port })).rejects.toThrow(
    /^Port \d+ is in use: .*\.$/
  )
  await server.stop()
})

test.each([
  { answer: 'Redis server v=6.2.0 sha=0:0 malloc=libc bits=64', found: true },
  { answer: 'Redis server v=7.0.15 sha=0:0 malloc=libc bits=64', found: true },
  { answer: 'Redis server v=10.1.0 sha=0:0 malloc=libc bits=64', found: true },
  { answer: 'Redis server v=6.0.16 sha=0:0 malloc=libc bits=64', found: false },
  { answer: 'Redis server v=5.9.9 sha=0:0 malloc=libc bits=64', found: false },
  { answer: 'something else', found: false }
])('on PATH, “$answer” is taken: $found', ({ answer, found }) => {
  makeServer('redis-server', answer)
  expect(findRedis(join(folder, 'empty'))?.from).toBe(found ? 'PATH' : undefined)
})

test('valkey does as well', () => {
  makeServer('redis-server', 'Redis server v=5.0.0')
  makeServer('valkey-server', 'Valkey server v=8.0.1 sha=0:0 malloc=libc bits=64')
  expect(findRedis(join(folder, 'empty'))?.command).toBe('valkey-server')
})

test('without a server and without a way to fetch one, it is said what to do', async () => {
  process.env['PATH'] = join(folder, 'nothing')
  await expect(startRedis({ folder, cacheFolder: join(folder, 'empty') })).rejects.toThrow(
    /^There is no Redis server on this machine\. Install Redis .* or set REDIS_URL\.$/
  )
})
