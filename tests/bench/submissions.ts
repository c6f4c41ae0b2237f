import { chmodSync, createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '@chesil/record-store'
import { type OpenStack, openStack, type StackServers } from '../support/open-stack.ts'
import { peakMegabytes } from './peak-memory.ts'

export interface SubmissionBench {
  readonly people: number
  /** Last day of the period, which begins with its month. */
  readonly to: string
}

export interface SubmissionResult {
  readonly rows: number
  readonly persons: number
  readonly megabytes: number
  /** Seconds. */
  readonly copy: number
  /** Until 202: every row is kept and compared. */
  readonly kept: number
  /** Until everybody's contribution is settled, and until all are in the record. */
  readonly settled: number
  readonly applied: number
  /** The same file again. */
  readonly again: number
  /** What changed by that: contributions. */
  readonly newContributions: number
  /** Largest resident set of the social-care adapter, MB. */
  readonly rss: number
}

const pollMs = 250

/**
 * A council sends a month of Client Level Data, twice, from the sandbox through the door to the record; beside it a bare
 * `COPY` of the same file by the server itself.
 */
export async function benchSubmissions(
  servers: StackServers,
  { people, to }: SubmissionBench
): Promise<SubmissionResult> {
  const stack = await openStack(servers, {
    councils: 1,
    // Nobody is asked: it is the file that is measured.
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({
        ...source,
        releaseStage: source.kind === 'cld' ? source.releaseStage : 'planned'
      }))
    })
  })
  const folder = mkdtempSync(path.join(tmpdir(), 'chesil-bench-'))
  try {
    chmodSync(folder, 0o755) // the server reads from it
    const [council] = (await stack.control('GET', 'councils')) as readonly { readonly odsCode: string }[]
    const submissions = `councils/${council?.odsCode}/submissions`
    const file = path.join(folder, 'month.csv')
    const sandbox = stack.service('sandbox').url
    const written = await fetch(`${sandbox}/control/${submissions}?to=${to}&people=${people}`)
    await pipeline(Readable.fromWeb(written.body as never), createWriteStream(file, { mode: 0o644 }))
    const copy = await copyBare(stack.database, file)
    const send = () => sendOnce(stack, submissions, { people, to })
    const first = await send()
    const settledAt = await waitUntil(stack.database, `select from inbox_message where state = 'received'`)
    const appliedAt = await waitUntil(stack.database, `select from contribution where state = 'ready'`)
    const before = await countContributions(stack.database)
    const second = await send()
    await waitUntil(stack.database, `select from inbox_message where state = 'received'`)
    const rss = peakMegabytes(stack.service('social-care-adapter').pid)
    return {
      rows: first.answer.report.rows.read,
      persons: first.answer.report.persons,
      megabytes: first.bytes / 2 ** 20,
      copy,
      kept: first.seconds,
      settled: (settledAt - first.startedAt) / 1_000,
      applied: (appliedAt - first.startedAt) / 1_000,
      again: second.seconds,
      newContributions: (await countContributions(stack.database)) - before,
      rss
    }

    async function sendOnce(to: OpenStack, route: string, wanted: SubmissionBench) {
      const startedAt = performance.now()
      const url = `${to.service('social-care-adapter').url}/cld`
      const sent = (await to.control('POST', route, { ...wanted, url })) as { status: number; answer: string }
      if (sent.status > 202) throw new Error(`A file was refused: ${sent.status} ${sent.answer}`)
      const seconds = (performance.now() - startedAt) / 1_000
      return { startedAt, seconds, answer: JSON.parse(sent.answer), bytes: sizeOf(file) }
    }
  } finally {
    rmSync(folder, { recursive: true })
    await stack.stop()
  }
}

const sizeOf = (file: string): number => readFileSync(file).length

/** @returns seconds. */
async function copyBare(database: Database, file: string): Promise<number> {
  const { length } = (await firstLine(file)).split(',')
  const columns = Array.from({ length }, (_, at) => `cell_${at} text`)
  await database.query(`create table bare_row (${columns.join(', ')})`)
  const startedAt = performance.now()
  await database.query(`copy bare_row from '${file}' with (format csv, header true)`)
  const seconds = (performance.now() - startedAt) / 1_000
  await database.query('drop table bare_row')
  return seconds
}

async function firstLine(file: string): Promise<string> {
  for await (const line of createInterface({ input: createReadStream(file) })) return line
  return ''
}

/** @returns when nothing was left of it. */
async function waitUntil(database: Database, left: string): Promise<number> {
  for (;;) {
    const [row] = await database.query<{ some: boolean }>(`select exists (${left}) as some`)
    if (!row?.some) return performance.now()
    await sleep(pollMs)
  }
}

async function countContributions(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>('select count(*) as count from contribution')
  return row?.count ?? 0
}
