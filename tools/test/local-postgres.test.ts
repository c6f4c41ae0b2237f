import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../local-postgres.ts'
import { openPostgres } from '../open-services.ts'
import { findBinaries } from '../postgres/binaries.ts'
import { findCommandLine } from '../processes/command-line.ts'
import type { LocalServer } from '../processes/local-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'chesil-postgres-'))
const data = join(folder, 'data')
const isRoot = process.getuid?.() === 0

/** Where there are none, the tests are given a server by DATABASE_URL or a container, and these are skipped. */
function hasBinaries(): boolean {
  try {
    return findBinaries(undefined).majorVersion > 0
  } catch {
    return false
  }
}

const start = (port?: number) => startPostgres({ folder, port, durable: false })

async function startAndStop<Result>(work: (server: LocalServer) => Result): Promise<Result> {
  const server = await start()
  try {
    return await work(server)
  } finally {
    await server.stop()
  }
}

/** What the server answers to an unencrypted request to log in: `R` asks for a password, `E` refuses. */
async function askToLogIn(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const parameters = 'user\0chesil\0database\0postgres\0\0'
  const message = Buffer.alloc(8 + parameters.length)
  message.writeInt32BE(message.length, 0)
  message.writeInt32BE(196_608, 4) // protocol 3.0
  message.write(parameters, 8, 'latin1')
  socket.write(message)
  const answer = await new Promise<Buffer>((resolve, reject) =>
    socket.once('data', resolve).once('error', reject)
  )
  socket.destroy()
  return `${answer.toString('latin1', 0, 1)} ${answer.readInt32BE(5)}`
}

describe.runIf(hasBinaries())('a private PostgreSQL', () => {
  beforeAll(async () => {
    chmodSync(folder, 0o755) // entered by whom PostgreSQL runs as when we are root
    await startAndStop(() => undefined)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('a server makes its data folder for itself alone, and keeps it when it stops', () => {
    expect(readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()).toBe('18')
    expect(statSync(data).mode & 0o777).toBe(0o700)
    expect(existsSync(join(data, 'postmaster.pid'))).toBe(false)
  })

  test('nobody logs in without the password, which is kept for this user alone', async () => {
    const saslPassword = 'R 10'
    expect(await startAndStop(({ port }) => askToLogIn(port))).toBe(saslPassword)
    expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o600)
  })

  test('the address is the same again but for the port', async () => {
    const urls = [await startAndStop(({ url }) => url), await startAndStop(({ url }) => url)]
    const [first, second] = urls.map((url) => url.replace(/:\d+\//, '/'))
    expect(first).toBe(second)
    expect(first).toMatch(/^postgres:\/\/chesil:[0-9a-f]{36}@127\.0\.0\.1\/postgres$/)
  })

  test('a server that was killed starts again', async () => {
    const server = await start()
    await server.kill()
    await startAndStop(({ pid }) => expect(pid).not.toBe(server.pid))
  })

  test('a lock file with the number of somebody else’s process is no obstacle', async () => {
    const stranger = spawn('sleep', ['60'])
    try {
      writeFileSync(join(data, 'postmaster.pid'), `${stranger.pid}\n${data}\n0\n`)
      await startAndStop(() => undefined)
      expect(findCommandLine(stranger.pid ?? 0)).toBe('sleep 60')
    } finally {
      stranger.kill()
    }
  })

  test('a server that outlived its starter is stopped for the next one', async () => {
    const outlived = await start()
    await startAndStop(({ pid }) => expect(pid).not.toBe(outlived.pid))
    expect(await outlived.exited).toBe('exit code 0')
  })

  test('a port in use is said in one line', async () => {
    const server = await start()
    await expect(startPostgres({ folder: join(folder, 'other'), port: server.port })).rejects.toThrow(
      /^Port \d+ is in use: stop what listens there, or choose another port\.$/
    )
    await server.stop()
  })

  test('data of another version is not touched', async () => {
    const file = join(data, 'PG_VERSION')
    const version = readFileSync(file, 'utf8')
    writeFileSync(file, '17\n')
    await expect(start()).rejects.toThrow(
      /was made by PostgreSQL 17 and cannot be read by 18: remove the folder/
    )
    writeFileSync(file, version)
    await startAndStop(() => undefined)
  })

  test('making the data folder is begun again when it was cut short', async () => {
    const fresh = mkdtempSync(join(folder, 'fresh-'))
    chmodSync(fresh, 0o755)
    writeFileSync(join(fresh, 'data.new'), 'half made')
    const server = await startPostgres({ folder: fresh, durable: false })
    await server.stop()
    expect(existsSync(join(fresh, 'data', 'PG_VERSION'))).toBe(true)
  })

  test('a data folder whose password is gone is refused, since nobody could log in', async () => {
    const file = join(folder, 'password')
    const password = readFileSync(file, 'utf8')
    rmSync(file)
    await expect(start()).rejects.toThrow(/^The password of the database in .* is gone/)
    writeFileSync(file, password, { mode: 0o600 })
  })

  test.runIf(isRoot)(
    'root runs the server as an ordinary user, as the owner of the data when there is some',
    async () => {
      const owner = await startAndStop(({ pid }) => statSync(`/proc/${pid}`).uid)
      expect(owner).not.toBe(0)
      expect(owner).toBe(statSync(data).uid)
    }
  )

  test.runIf(isRoot)(
    'a folder that the server’s user may not enter is kept elsewhere, and found again',
    async () => {
      const closed = mkdtempSync(join(folder, 'closed-'))
      chmodSync(closed, 0o700)
      const places = []
      for (const _ of ['first', 'second']) {
        const server = await startPostgres({ folder: join(closed, 'postgres'), durable: false })
        places.push(server.folder)
        await server.stop()
      }
      expect(places).toEqual([expect.stringMatching(/^\/var\/tmp\/chesil-[0-9a-f]{16}$/), places[0]])
      chownSync(places[0] ?? '', 1, 1) // somebody else may have laid it there before us
      await expect(startPostgres({ folder: join(closed, 'postgres') })).rejects.toThrow(
        /belongs to somebody else/
      )
      rmSync(places[0] ?? '', { recursive: true })
    }
  )
})

test('a server of the user’s that is away is named at once', async () => {
  const options = { folder, cacheFolder: folder }
  await expect(openPostgres({ ...options, databaseUrl: 'postgres://127.0.0.1:1/x' })).rejects.toThrow(
    'The server of DATABASE_URL cannot be reached (ECONNREFUSED): start it, or unset DATABASE_URL.'
  )
  await expect(openPostgres({ ...options, databaseUrl: 'my database' })).rejects.toThrow(
    /^DATABASE_URL is not a URL/
  )
})
