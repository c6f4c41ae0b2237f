import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { Pool } from 'undici'
import { startProcess } from '../../tools/processes/start-process.ts'
import { type OpenStack, openStack, type StackServers } from '../support/open-stack.ts'
import { type PartnerSystem, registerPartnerSystem } from '../support/partner.ts'
import { median, type Rate } from './load.ts'
import { eventOf } from './pushed-event.ts'

export interface AcceptResult {
  readonly connections: number
  readonly gateway: Rate
  /** One process that inserts and commits the same row, so many side by side; inserts a second. */
  readonly barePerSecond: number
  readonly ratio: number
}

const databaseConnections = 20

/**
 * Events accepted a second by one gateway, over HTTP and signed, beside bare inserts of the same row by one process: taking
 * turns, over the same PostgreSQL. Nobody takes them in meanwhile: it is the accepting that is measured.
 */
export async function benchAccepting(
  servers: StackServers,
  { connections, seconds, rounds }: { connections: readonly number[]; seconds: number; rounds: number }
): Promise<readonly AcceptResult[]> {
  const stack = await openStack(servers, {
    trusts: 1,
    partners: true,
    env: {
      'partner-gateway': { DATABASE_CONNECTIONS: String(databaseConnections), ...unlimited },
      sandbox: { SANDBOX_PEOPLE: '1' }
    }
  })
  try {
    const partner = await registerBenchPartner(stack, 'accepting')
    for (const name of ['acute-adapter', 'record-builder', 'gp-adapter', 'record-api'] as const)
      await stack.service(name).stop()
    await stack.database.query('create table bench_webhook_event (like webhook_event including all)')
    const bare = await startBareInserts(servers.databaseUrl)
    const results = []
    for (const count of connections)
      results.push(await compare(stack, { partner, bare, count, seconds, rounds }))
    await bare.stop()
    return results
  } finally {
    await stack.database.query('drop table if exists bench_webhook_event')
    await stack.stop()
  }
}

const unlimited = { PARTNER_REQUESTS_PER_MINUTE: '100000000', ADDRESS_REQUESTS_PER_MINUTE: '100000000' }

export async function registerBenchPartner(stack: OpenStack, id: string): Promise<PartnerSystem> {
  const pushed = stack.catalogue.sources.find(({ kind }) => kind === 'fhir-sender')
  if (!pushed) throw new Error('No source takes pushed FHIR')
  return await registerPartnerSystem(stack.database, {
    id,
    odsCode: pushed.odsCode,
    sourceIds: [pushed.id],
    secretFile: stack.keys.partnerKeys
  })
}

async function compare(
  stack: OpenStack,
  {
    partner,
    bare,
    count,
    seconds,
    rounds
  }: { partner: PartnerSystem; bare: BareInserts; count: number; seconds: number; rounds: number }
): Promise<AcceptResult> {
  const url = stack.service('partner-gateway').url
  const measured: Rate[] = []
  const bareRates: number[] = []
  await measureAccepting(url, partner, { connections: count, seconds: 1 }) // code that has run before, plans that are made
  await bare.insert(count, 1)
  for (let round = 0; round < rounds; round++) {
    measured.push(await measureAccepting(url, partner, { connections: count, seconds }))
    bareRates.push(await bare.insert(count, seconds))
    await stack.database.query('truncate webhook_event, bench_webhook_event cascade')
  }
  const gateway = {
    perSecond: median(measured.map(({ perSecond }) => perSecond)),
    p50Ms: median(measured.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(measured.map(({ p99Ms }) => p99Ms))
  }
  const ratio = median(measured.map(({ perSecond }, round) => perSecond / (bareRates[round] ?? Number.NaN)))
  return { connections: count, gateway, barePerSecond: median(bareRates), ratio }
}

/** @throws Error when anything but 202 was answered: a fast refusal is no figure. */
async function measureAccepting(
  url: string,
  partner: PartnerSystem,
  { connections, seconds }: { connections: number; seconds: number }
): Promise<Rate> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  // Signed before: that is the sender's work. More than any gateway takes in that time.
  const events = Array.from({ length: Math.ceil(8_000 * seconds) }, () => toRequest(partner)).values()
  const latencies: number[] = []
  const startedAt = performance.now()
  const lane = async () => {
    for (const event of events) {
      if (performance.now() - startedAt > seconds * 1_000) return
      const sentAt = performance.now()
      const status = await post(pool, event)
      if (status !== 202) throw new Error(`An event was answered ${status}`)
      latencies.push(performance.now() - sentAt)
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, lane))
  } finally {
    await pool.close()
  }
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return {
    perSecond: (latencies.length * 1_000) / (performance.now() - startedAt),
    p50Ms: at(0.5),
    p99Ms: at(0.99)
  }
}

interface SignedEvent {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer
}

const benchBody = Buffer.from(eventOf({ person: 'p1', item: 'o1', at: Date.UTC(2026, 0, 1) }))

function toRequest(partner: PartnerSystem): SignedEvent {
  const headers = { 'content-type': 'application/fhir+json', ...partner.sign(benchBody, randomUUID()) }
  return { path: `/webhooks/${partner.id}`, headers, body: benchBody }
}

/** As little as a client can do. @returns the status. */
function post(pool: Pool, { path: route, headers, body }: SignedEvent): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0
    pool.dispatch(
      { method: 'POST', path: route, headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode
        },
        onResponseData() {},
        onResponseEnd: () => resolve(status),
        onResponseError: (_controller, error) => reject(error)
      }
    )
  })
}

async function startBareInserts(databaseUrl: string) {
  const urlIn = (output: string) => /"url":"([^"]+)"/.exec(output)?.[1]
  const server = await startProcess({
    name: 'Bare inserts',
    command: process.execPath,
    args: [path.join(import.meta.dirname, 'bare-inserts.ts')],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      DATABASE_CONNECTIONS: String(databaseConnections),
      BODY: benchBody.toString()
    },
    isReady: (output) => urlIn(output) !== undefined,
    startTimeoutMs: 20_000
  })
  return {
    stop: server.stop,
    async insert(lanes: number, seconds: number): Promise<number> {
      const answer = await fetch(`${urlIn(server.output())}/${lanes}/${seconds}`)
      if (answer.status !== 200) throw new Error(`Bare inserts failed: ${await answer.text()}`)
      return ((await answer.json()) as { perSecond: number }).perSecond
    }
  }
}

type BareInserts = Awaited<ReturnType<typeof startBareInserts>>
