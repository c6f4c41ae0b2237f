import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres, openRedis } from '../open-services.ts'
import { ToolError } from '../processes/tool-error.ts'

// Nothing is started in them: a server is given.
const folders = { folder: '/nowhere/data', cacheFolder: '/nowhere/cache' }
const openDatabase = (databaseUrl: string) => openPostgres({ ...folders, databaseUrl })
const openQueues = (redisUrl: string) => openRedis({ ...folders, redisUrl })

/** Takes connections and says nothing. */
let listener: Server
let port: number
beforeAll(async () => {
  listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  port = (listener.address() as AddressInfo).port
})
afterAll(() => void listener.close())

async function messageOf(opening: Promise<unknown>): Promise<string> {
  const failure = await opening.then(
    () => undefined,
    (error: unknown) => error
  )
  expect(failure).toBeInstanceOf(ToolError)
  return (failure as ToolError).message
}

describe('a PostgreSQL that is given', () => {
  test.each(['postgres', 'postgresql'])('by a URL that begins with %s:// is taken', async (scheme) => {
    const url = `${scheme}://someone:hunter2@127.0.0.1:${port}/record`
    expect(await openDatabase(url)).toEqual({ url })
  })

  test('by a socket’s folder is taken', async () => {
    const url = 'postgres:///record?host=/var/run/postgresql'
    expect(await openDatabase(url)).toEqual({ url })
  })

  test.each([
    'redis://127.0.0.1',
    'http://127.0.0.1',
    'postgres',
    '127.0.0.1:5432',
    'host=127.0.0.1 password=hunter2'
  ])('as %s is refused in one line, which does not repeat it', async (url) => {
    expect(await messageOf(openDatabase(url))).toBe(
      'DATABASE_URL is not a URL that begins with postgres:// or postgresql://.'
    )
  })
})

describe('a Redis that is given', () => {
  test.each(['postgres://127.0.0.1', 'http://127.0.0.1', 'localhost:6379', 'redis', '/var/run/redis.sock'])(
    'as %s is refused in one line',
    async (url) => {
      expect(await messageOf(openQueues(url))).toBe(
        'REDIS_URL is not a URL that begins with redis:// or rediss://.'
      )
    }
  )
})

test.each([
  ['DATABASE_URL', openDatabase, 'postgres'],
  ['REDIS_URL', openQueues, 'redis'],
  ['REDIS_URL', openQueues, 'rediss']
] as const)(
  'the server of %s that cannot be reached is named, and no password told',
  async (name, open, scheme) => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const free = (other.address() as AddressInfo).port
    other.close()
    await once(other, 'close')
    expect(await messageOf(open(`${scheme}://someone:hunter2@127.0.0.1:${free}`))).toBe(
      `The server of ${name} cannot be reached (ECONNREFUSED): start it, or unset ${name}.`
    )
  }
)
