import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '@chesil/record-store'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PrivateServer, startPostgres, startRedis } from '../support/databases.ts'
import { type OpenStack, openStack } from '../support/open-stack.ts'
import { type PartnerSystem, registerPartnerSystem } from '../support/partner.ts'
import { createRandom, seed } from '../support/random.ts'

/** `FULL=1 npm test -- tests/faults/webhooks`: the whole tier, some twenty minutes. `EVENTS=…`: so many. */
const isFull = process.env['FULL'] === '1'
const eventCount = Number(process.env['EVENTS'] ?? (isFull ? 20_000 : 1_000))
const persons = Math.ceil(eventCount / 20)
const sendersAtOnce = 16
const counts = isFull
  ? { gateway: 30, worker: 50, flush: 5, postgres: 20, redisAwayMs: [2_000, 6_000, 12_000] }
  : { gateway: 3, worker: 4, flush: 1, postgres: 2, redisAwayMs: [2_000] }

let postgres: PrivateServer
let redis: PrivateServer
let stack: OpenStack
let partner: PartnerSystem
beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([startPostgres(), startRedis()])
  await migrate(postgres.url)
  stack = await openStack(
    {
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      queuePrefix: `{faults_${randomBytes(4).toString('hex')}}`
    },
    {
      trusts: 1,
      partners: true,
      env: {
        sandbox: { SANDBOX_PEOPLE: '1' },
        'acute-adapter': { LEASE_MS: '3000' },
        'partner-gateway': {
          LEASE_MS: '3000',
          PARTNER_REQUESTS_PER_MINUTE: '1000000',
          ADDRESS_REQUESTS_PER_MINUTE: '1000000'
        },
        'record-builder': { LEASE_MS: '3000', SWEEP_INTERVAL_MS: '1000', OVERDUE_MS: '3000' }
      }
    }
  )
  const pushed = stack.catalogue.sources.find(({ kind }) => kind === 'fhir-sender')
  if (!pushed) throw new Error('No source takes pushed FHIR')
  partner = await registerPartnerSystem(stack.database, {
    id: 'engine',
    odsCode: pushed.odsCode,
    sourceIds: [pushed.id],
    secretFile: stack.keys.partnerKeys
  })
}, 120_000)
afterAll(async () => {
  await partner?.close()
  await stack?.stop()
  await redis?.stop()
  await postgres?.stop()
})

test(`${eventCount} signed events through kills, FLUSHALL and outages: none lost, none applied twice (seed ${seed})`, {
  timeout: isFull ? 3_600_000 : 400_000
}, async () => {
  const random = createRandom()
  const faults = planFaults(random)
  const waiting = Array.from({ length: eventCount }, (_, at) => at).values()
  const accepted = new Map<string, string>()
  let serverErrors = 0
  let done = 0

  /** @returns whether it was told 202. A service that is up, and away from PostgreSQL, says 503 and nothing else. */
  async function attempt(at: number): Promise<boolean> {
    const gateway = stack.service('partner-gateway').url
    const answer = await partner.send(gateway, `event-${at}`, bundleOf(at)).catch(() => undefined)
    if (answer?.status === 503) serverErrors++
    else if (answer) expect(answer).toMatchObject({ status: 202 })
    if (answer?.status !== 202) return false
    const { id } = JSON.parse(answer.text) as { id: string }
    expect(accepted.get(`event-${at}`) ?? id).toBe(id)
    accepted.set(`event-${at}`, id)
    return true
  }
  /** Like a sender that retries, and that now and then sends once more. */
  async function send(at: number): Promise<void> {
    for (let left = random() < 0.2 ? 2 : 1; left > 0; ) {
      if (await attempt(at)) left--
      else await sleep(20 + random() * 100)
    }
    done++
  }
  const senders = Array.from({ length: sendersAtOnce }, async () => {
    for (const at of waiting) await send(at)
  })
  const caused = causeAll(faults, () => done)
  await Promise.all(senders)
  await caused

  // Every 2xx has its row, and every row was told 2xx.
  const rows = await stack.database.query<{ eventId: string; id: string }>(
    'select event_id as "eventId", id from webhook_event'
  )
  expect(new Map(rows.map(({ eventId, id }) => [eventId, id]))).toEqual(accepted)

  const unsettled = async () => {
    const found = await stack.database.query<{ what: string; count: number }>(
      `select 'event ' || state as what, count(*) from webhook_event where state <> 'taken' group by state
       union all select 'message ' || state, count(*) from inbox_message where state <> 'mapped' group by state
       union all select 'contribution ' || state, count(*) from contribution where state <> 'applied' group by state`
    )
    return Object.fromEntries(found.map(({ what, count }) => [what, count]))
  }
  await expect.poll(unsettled, { timeout: 240_000, interval: 500 }).toEqual({})

  const [effects] = await stack.database.query<Record<string, number>>(
    `select (select count(*) from source_resource where resource_type = 'Observation' and present) as items,
            (select count(*) from view_entry where resource_type = 'Observation' and to_version is null) as shown,
            (select count(*) from view_entry where resource_type = 'Observation') as wordings,
            (select count(*) from quarantine) as quarantined`
  )
  // Each event told of one observation once: a second effect would be a second wording.
  expect(effects).toEqual({ items: eventCount, shown: eventCount, wordings: eventCount, quarantined: 0 })

  const { receipts } = await partner.ask<{ receipts: { isFinal: boolean }[] }>(
    stack.service('partner-gateway').url,
    '/receipts?count=200'
  )
  expect(receipts.filter(({ isFinal }) => !isFinal)).toEqual([])
  process.stdout.write(`${faults.length} faults, ${serverErrors} answers of 503\n`)
})

/** One observation of one of the persons, who come with it. */
function bundleOf(at: number): string {
  const person = `p${at % persons}`
  const lastUpdated = new Date(Date.UTC(2026, 0, 1) + at * 1_000).toISOString()
  return JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    timestamp: lastUpdated,
    entry: [
      {
        fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(at % persons).padStart(12, '0')}`,
        resource: {
          resourceType: 'Patient',
          id: person,
          // The same at every time: what is said again changes nothing.
          meta: { lastUpdated: '2026-01-01T00:00:00Z' },
          name: [{ family: 'Test', given: [person] }]
        },
        request: { method: 'PUT', url: `Patient/${person}` }
      },
      {
        resource: {
          resourceType: 'Observation',
          id: `o${at}`,
          meta: { lastUpdated, versionId: '1' },
          status: 'final',
          code: { text: `Test ${at}` },
          subject: { reference: `Patient/${person}` }
        },
        request: { method: 'PUT', url: `Observation/o${at}` }
      }
    ]
  })
}

type Fault =
  | { readonly kind: 'kill'; readonly victim: 'partner-gateway' | 'acute-adapter' | 'record-builder' }
  | { readonly kind: 'flush' }
  | { readonly kind: 'stop Redis'; readonly awayMs: number }
  | { readonly kind: 'restart PostgreSQL' }

/** By the seed, in an order of its own. */
function planFaults(random: () => number): readonly Fault[] {
  const faults: Fault[] = [
    ...Array.from({ length: counts.gateway }, () => ({ kind: 'kill', victim: 'partner-gateway' }) as const),
    ...Array.from(
      { length: counts.worker },
      (_, at) => ({ kind: 'kill', victim: at % 2 === 0 ? 'acute-adapter' : 'record-builder' }) as const
    ),
    ...Array.from({ length: counts.flush }, () => ({ kind: 'flush' }) as const),
    ...counts.redisAwayMs.map((awayMs) => ({ kind: 'stop Redis', awayMs }) as const),
    ...Array.from({ length: counts.postgres }, () => ({ kind: 'restart PostgreSQL' }) as const)
  ]
  return faults
    .map((fault) => ({ fault, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ fault }) => fault)
}

/** Spread over the sending, however fast that is. */
async function causeAll(faults: readonly Fault[], done: () => number): Promise<void> {
  for (const [at, fault] of faults.entries()) {
    const due = Math.floor((at * eventCount * 0.9) / faults.length)
    while (done() < due) await sleep(10)
    await cause(fault)
  }
}

async function cause(fault: Fault): Promise<void> {
  if (fault.kind === 'flush') {
    const client = new Redis(redis.url)
    await client.flushall()
    client.disconnect()
  } else if (fault.kind === 'stop Redis') {
    await redis.kill9()
    await sleep(fault.awayMs)
    await redis.restart()
  } else if (fault.kind === 'restart PostgreSQL') {
    await postgres.restart()
  } else {
    await stack.service(fault.victim).kill9()
    await startAgain(fault.victim)
  }
}

/** A service refuses to start while PostgreSQL comes up: whoever supervises it tries again. */
async function startAgain(victim: (Fault & { kind: 'kill' })['victim']): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await stack.startService(victim)
    } catch (error) {
      if (attempt === 10) throw error
      await sleep(500)
    }
  }
}
