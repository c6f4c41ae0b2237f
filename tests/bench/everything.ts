import path from 'node:path'
import type { Bundle } from '@chesil/fhir'
import { startProcess } from '../../tools/processes/start-process.ts'
import { type OpenStack, openStack, resourcesOf, type StackServers } from '../support/open-stack.ts'
import { spawnService } from '../support/services.ts'
import { type Load, measure, median, type Rate } from './load.ts'

export interface EverythingBench {
  /** Entries of the records that are read. */
  readonly sizes: readonly number[]
  readonly connections: readonly number[]
  readonly seconds: number
  readonly rounds: number
}

/** One line of the result: who answered, and what each round measured. */
export interface EverythingRow {
  readonly resources: number
  readonly bytes: number
  readonly connections: number
  /** Medians over the rounds, by who answered. */
  readonly rates: ReadonlyMap<Answerer, Rate>
}

export const answerers = ['chesil', 'chesil-cold', 'bare-audited', 'bare'] as const
/**
 * - `chesil`: as it is shipped, views of people read lately in memory
 * - `chesil-cold`: the same without that memory, every answer from PostgreSQL
 * - `bare-audited`: a bare `node:http` server, the same bytes from the same PostgreSQL, the same durable audit row
 * - `bare`: the same without audit
 */
export type Answerer = (typeof answerers)[number]

export async function benchEverything(
  servers: StackServers,
  { sizes, connections, seconds, rounds }: EverythingBench
): Promise<readonly EverythingRow[]> {
  const stack = await openStack(servers, {
    env: {
      sandbox: { SANDBOX_PEOPLE: String(sizes.length), RECORD_SIZES: sizes.join(',') },
      'gp-adapter': { LEASE_MS: '60000' }
    },
    // What a session source says is read anew for each request: a thing of its own, and not what is compared here.
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({ ...source, retention: 'store', agreement: 'bench' }))
    })
  })
  const cold = await spawnService('record-api', { ...stack.settings['record-api'], VIEW_CACHE_BYTES: '0' })
  const people = await meet(stack)
  const bare = await startBare(servers.databaseUrl, await sampleAuditRow(stack))
  const chesil = (url: string, { id }: Met): Target => ({
    url: `${url}/Patient/${id}/$everything`,
    headers: { authorization: `Bearer ${stack.token}` }
  })
  const targets = (person: Met): Record<Answerer, Target> => ({
    chesil: chesil(stack.recordApi(), person),
    'chesil-cold': chesil(`${cold.url}/fhir/R4`, person),
    'bare-audited': { url: `${bare.url}/audited/${person.id}` },
    bare: { url: `${bare.url}/unaudited/${person.id}` }
  })
  try {
    const rows: EverythingRow[] = []
    for (const person of people) {
      for (const count of connections) {
        const rates = await compare(targets(person), { connections: count, seconds, rounds })
        rows.push({ resources: person.resources, bytes: person.bytes, connections: count, rates })
      }
    }
    return rows
  } finally {
    await bare.stop()
    await cold.stop()
    await stack.stop()
  }
}

type Target = Pick<Load, 'url' | 'headers'>

/** All of them in every round, so that what slows the machine for a while slows each. The first second warms up. */
async function compare(
  targets: Record<Answerer, Target>,
  {
    connections,
    seconds,
    rounds
  }: { readonly connections: number; readonly seconds: number; readonly rounds: number }
): Promise<ReadonlyMap<Answerer, Rate>> {
  const measured = new Map<Answerer, Rate[]>(answerers.map((answerer) => [answerer, []]))
  for (const answerer of answerers) await measure({ ...targets[answerer], connections, seconds: 1 })
  for (let round = 0; round < rounds; round++) {
    for (const [answerer, rates] of measured) {
      rates.push(await measure({ ...targets[answerer], connections, seconds }))
    }
  }
  return new Map([...measured].map(([answerer, rates]) => [answerer, medians(rates)]))
}

const medians = (rates: readonly Rate[]): Rate => ({
  perSecond: median(rates.map(({ perSecond }) => perSecond)),
  p50Ms: median(rates.map(({ p50Ms }) => p50Ms)),
  p99Ms: median(rates.map(({ p99Ms }) => p99Ms))
})

interface Met {
  readonly id: string
  readonly resources: number
  readonly bytes: number
}

/** First contact with everybody, until their records are here. */
async function meet(stack: OpenStack): Promise<readonly Met[]> {
  const people = (await stack.people()).filter(({ kind }) => kind === 'ordinary')
  const met: Met[] = []
  for (const { nhsNumber } of people) {
    const id = (await stack.findPerson(nhsNumber)) as string
    await stack.settle(id)
    const { body, text } = await stack.ask<Bundle>(`Patient/${id}/$everything`)
    met.push({ id, resources: resourcesOf(body).length, bytes: Buffer.byteLength(text) })
  }
  return met
}

/** What Chesil commits for one read, so that the bare server commits the same. */
async function sampleAuditRow({ database }: OpenStack): Promise<string> {
  const [row] = await database.query<{ body: string }>(
    `select body from audit_event where body like '%$everything%' order by recorded_at desc limit 1`
  )
  return row?.body ?? '{}'
}

async function startBare(databaseUrl: string, auditRow: string) {
  const urlIn = (output: string) => /"url":"([^"]+)"/.exec(output)?.[1]
  const server = await startProcess({
    name: 'The bare server',
    command: process.execPath,
    args: [path.join(import.meta.dirname, 'bare-server.ts')],
    env: { ...process.env, DATABASE_URL: databaseUrl, AUDIT_ROW: auditRow },
    isReady: (output) => urlIn(output) !== undefined,
    startTimeoutMs: 20_000
  })
  return { url: urlIn(server.output()) as string, stop: server.stop }
}
