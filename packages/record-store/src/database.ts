import pg from 'pg'
import { runRowByRow, type TakeRow } from './row-by-row.ts'

/**
 * Runs SQL: a pool, or one connection inside a transaction. Times come and go as ms since 1970. In a transaction
 * statements that are given without waiting run in this order, and share a trip; once the server refuses one, so it does
 * those after it. Nothing runs once the transaction's work is over.
 */
export interface Sql {
  // biome-ignore lint/suspicious/noExplicitAny: a row is as the statement says; each caller names its shape
  query<Row = any>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

export interface DatabaseOptions {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  readonly maxConnections?: number
  /** Milliseconds after which Postgres gives up a statement. Default 30,000. */
  readonly statementTimeoutMs?: number
  /** An idle connection was lost; the pool makes another. */
  readonly onConnectionLost?: (error: Error) => void
}

export interface Database extends Sql {
  /**
   * As `query`, for thousands of rows of which each is done with at once: `take` gets the texts of a row's columns as
   * Postgres writes them, and nobody holds them after it. What it throws is thrown once the last row has come.
   */
  each(text: string, values: readonly unknown[], take: TakeRow): Promise<void>
  /** All or nothing. Deadlocks and serialisation failures are tried again, so `work` must not keep state. */
  transaction<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

const int8 = 20
const timestamptz = 1184

/** Versions and counts fit a number; a moment is ms since 1970, and a FHIR date never passes through here. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === int8) return Number
    if (oid === timestamptz) return instantOf
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
  }
} as pg.CustomTypesConfig

let lastText = ''
let lastInstant = 0

/**
 * Rows of one answer mostly have the same moment, and reading it takes longer than the rest of the row.
 *
 * @param text As Postgres writes it.
 * @returns ms since 1970
 */
export function instantOf(text: string): number {
  if (text !== lastText) {
    lastInstant = Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
    lastText = text
  }
  return lastInstant
}

export function createDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.maxConnections ?? 10,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    // Ours: a server that is cut off from us can give up nothing.
    query_timeout: (options.statementTimeoutMs ?? 30_000) + 5_000,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    pipeline: true,
    // Compiling a statement takes longer than any of ours does; estimates of recursions would call for it.
    options: '-c jit=off -c plan_cache_mode=force_generic_plan',
    types
  })
  pool.on('error', (error) => options.onConnectionLost?.(error))
  // One that is lost while a transaction has it: its statements fail, which says it all. Unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))

  return {
    query: (text, values) => run(pool, text, values),
    each: (text, values, take) => runRowByRow(pool, { text, values: [...values], name: nameOf(text) }, take),
    async transaction(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(pool, work)
        } catch (error) {
          if (attempt >= 10 || !isWorthRetrying(error)) throw error
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt))
        }
      }
    },
    close: () => pool.end()
  }
}

async function run<Row>(
  connection: pg.Pool | pg.PoolClient,
  text: string,
  values: readonly unknown[] | undefined
): Promise<readonly Row[]> {
  const name = nameOf(text)
  const { rows } = await connection.query({
    text,
    values: [...(values ?? [])],
    ...(name !== undefined && { name })
  })
  return rows as Row[]
}

const names = new Map<string, string>()
const mostNames = 500

/**
 * A named statement is parsed and planned once for each connection, which for small statements is most of
 * their cost. Ours are constants; should somebody build SQL from values, naming stops before it fills the server.
 */
function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= mostNames) return known
  const name = `chesil_${names.size}`
  names.set(text, name)
  return name
}

async function once<Result>(pool: pg.Pool, work: (sql: Sql) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  let broken: Error | undefined
  let isOver = false
  const query: Sql['query'] = async (text, values) => {
    // Of statements given together one has failed: another that follows would run outside, or in somebody else's transaction.
    if (isOver) throw new Error('The transaction is over')
    return await run(client, text, values)
  }
  try {
    await client.query('begin')
    const result = await work({ query })
    isOver = true
    await client.query('commit')
    return result
  } catch (error) {
    isOver = true
    await client.query('rollback').catch((reason: Error) => {
      broken = reason
    })
    throw error
  } finally {
    client.release(broken)
  }
}

const retryable = new Set(['40001', '40P01'])

const isWorthRetrying = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && retryable.has(error.code ?? '')

/** @returns whether the error says that a unique key was taken already. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '23505'
