import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { migrate } from '@chesil/record-store'
import pg from 'pg'
import { inject } from 'vitest'
import { startPostgres as startLocalPostgres } from '../../tools/local-postgres.ts'
import { startRedis as startLocalRedis } from '../../tools/local-redis.ts'
import type { LocalServer } from '../../tools/processes/local-server.ts'
import { makeScratchFolder } from './scratch.ts'

const root = join(import.meta.dirname, '..', '..')

export interface TestDatabase {
  readonly url: string
  /** Cuts off whoever is still connected. What a test forgets to drop goes with the run. */
  drop(): Promise<void>
}

function urlOf(database: string): string {
  const url = new URL(inject('databaseUrl'))
  url.pathname = `/${database}`
  return url.href
}

async function withServer<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: inject('databaseUrl') })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Migrates once for the whole run: copying a database is several times faster than migrating a new one. */
async function ensureTemplate(client: pg.Client, template: string): Promise<void> {
  await client.query('select pg_advisory_lock(hashtext($1))', [template])
  const found = await client.query('select from pg_database where datname = $1', [template])
  if (found.rowCount === 0) {
    const unfinished = `${template}_new`
    await client.query(`drop database if exists ${unfinished}`)
    await client.query(`create database ${unfinished}`)
    await migrate(urlOf(unfinished))
    await client.query(`alter database ${unfinished} rename to ${template}`)
  }
  await client.query('select pg_advisory_unlock(hashtext($1))', [template])
}

/**
 * A database of the caller's own, for one test file or one test.
 *
 * @param options.empty Leaves the migrations to the caller.
 */
export async function createDatabase(options: { readonly empty?: boolean } = {}): Promise<TestDatabase> {
  const prefix = inject('testPrefix')
  const template = `${prefix}_template`
  const name = `${prefix}_${randomBytes(6).toString('hex')}`
  await withServer(async (client) => {
    if (!options.empty) await ensureTemplate(client, template)
    await client.query(`create database ${name} template ${options.empty ? 'template0' : template}`)
  })
  const drop = () => withServer((client) => client.query(`drop database if exists ${name} with (force)`))
  return { url: urlOf(name), drop: async () => void (await drop()) }
}

/** A server that belongs to one test, which may flush it, kill it and start it again. */
export interface PrivateServer {
  readonly url: string
  readonly pid: number
  /** kill -9 */
  kill9(): Promise<void>
  /** Starts it again at the same address after it was killed. */
  restart(): Promise<void>
  stop(): Promise<void>
}

async function createPrivateServer(
  start: (folder: string, port?: number) => Promise<LocalServer>
): Promise<PrivateServer> {
  const folder = makeScratchFolder()
  let server = await start(folder)
  return {
    url: server.url,
    get pid() {
      return server.pid
    },
    kill9: () => server.kill(),
    async restart() {
      await server.kill()
      server = await start(folder, server.port)
    },
    async stop() {
      await server.stop()
      for (const used of [folder, server.folder]) rmSync(used, { recursive: true, force: true })
    }
  }
}

/** A private Redis; it forgets everything when it is killed. */
export function startRedis(): Promise<PrivateServer> {
  const password = randomBytes(18).toString('hex')
  const cacheFolder = join(root, '.cache', 'redis')
  return createPrivateServer((folder, port) => startLocalRedis({ folder, cacheFolder, password, port }))
}

/** A private PostgreSQL; what it has confirmed is there again after `kill9` and `restart`. */
export function startPostgres(): Promise<PrivateServer> {
  return createPrivateServer((folder, port) => startLocalPostgres({ folder, port }))
}
