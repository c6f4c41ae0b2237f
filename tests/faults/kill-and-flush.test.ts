import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PrivateServer, startRedis } from '../support/databases.ts'
import { createRandom, seed } from '../support/random.ts'
import { type SandboxPerson, type Stack, startStack } from '../support/stack.ts'

/** `PULLS=800 npm test -- tests/faults` for a quick look. */
const pullCount = Number(process.env['PULLS'] ?? 2_000)
const readersAtOnce = 16

let stack: Stack
let redis: PrivateServer
beforeAll(async () => {
  redis = await startRedis()
  stack = await startStack({
    redisUrl: redis.url,
    env: {
      sandbox: { SANDBOX_PEOPLE: String(pullCount), SANDBOX_PRACTICES: '20', RECORD_SIZES: '20' },
      'gp-adapter': { LEASE_MS: '3000' },
      'record-builder': { LEASE_MS: '3000', SWEEP_INTERVAL_MS: '1000', OVERDUE_MS: '3000' }
    },
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({ ...source, timeoutMs: 3_000, concurrency: 4 }))
    })
  })
}, 120_000)
afterAll(async () => {
  await stack?.stop()
  await redis?.stop()
})

test(`${pullCount} pulls through kill -9 of workers and FLUSHALL: nothing lost, nothing applied twice (seed ${seed})`, {
  timeout: 600_000
}, async () => {
  const people = (await stack.people()).filter(({ kind }) => kind === 'ordinary').slice(0, pullCount)
  const accepted: string[] = []
  const faults = planFaults(createRandom())
  expect(new Set(faults.map(({ kind }) => kind)).size).toBeGreaterThan(2)

  const waiting = people.values()
  const readers = Array.from({ length: readersAtOnce }, async () => {
    for (const person of waiting) accepted.push(await accept(person))
  })
  const caused = causeAll(faults)
  await Promise.all(readers)
  await caused

  const open = async () => {
    const rows = await stack.database.query<{ state: string; count: number }>(
      `select state, count(*) from pull where state <> 'done' group by state`
    )
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
  }
  await expect.poll(open, { timeout: 90_000, interval: 250 }).toEqual({})

  const outcomes = await stack.database.query('select outcome, count(*) from pull group by outcome')
  expect(outcomes).toEqual([{ outcome: 'applied', count: pullCount }])
  // One contribution took effect for each pull, and each person has the version of PDS and that of the record.
  const effects = await stack.database.query<{ effects: number; versions: number; people: number }>(
    `select count(*) as people, max(effects) as effects, max(versions) as versions from (
       select p.id, (select count(*) from contribution c where c.patient_id = p.id and c.state = 'applied') as effects,
              (select max(version) from patient_version v where v.patient_id = p.id) as versions
         from patient p where p.id = any ($1::uuid[])) each`,
    [accepted]
  )
  expect(effects).toEqual([{ people: pullCount, effects: 1, versions: 2 }])
  await assertSaidTheSameAgain(accepted.slice(0, 40))
})

/** PDS may be slow for a moment while so many are met at once: a reader would ask again. */
async function accept({ nhsNumber }: SandboxPerson): Promise<string> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const id = await stack.findPerson(nhsNumber)
    if (id !== undefined) return id
    await sleep(500)
  }
  throw new Error('A person was not found')
}

type Fault =
  | { readonly kind: 'flush' }
  | { readonly kind: 'kill Redis'; readonly awayMs: number }
  | { readonly kind: 'kill'; readonly victim: 'gp-adapter' | 'record-builder' }

/** The faults of a run, by its seed: as many kills of workers as harm to Redis; first one of each kind. */
function planFaults(random: () => number): readonly Fault[] {
  return Array.from({ length: Math.ceil(pullCount / 60) }, (_, at) => {
    const dice = [0.7, 0.2, 0.4][at] ?? random()
    if (dice < 0.35) return { kind: 'flush' }
    if (dice < 0.5) return { kind: 'kill Redis', awayMs: random() * 1_500 }
    return { kind: 'kill', victim: random() < 0.5 ? 'gp-adapter' : 'record-builder' }
  })
}

/** Spread over the work, however fast it is done: each when its share of the pulls is over. */
async function causeAll(faults: readonly Fault[]): Promise<void> {
  for (const [at, fault] of faults.entries()) {
    const due = (at * pullCount) / faults.length
    await expect.poll(pullsDone, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(due)
    await cause(fault)
  }
}

async function pullsDone(): Promise<number> {
  const [row] = await stack.database.query<{ count: number }>(
    `select count(*) from pull where state = 'done'`
  )
  return row?.count ?? 0
}

async function cause(fault: Fault): Promise<void> {
  if (fault.kind === 'flush') {
    const client = new Redis(redis.url)
    await client.flushall()
    client.disconnect()
  } else if (fault.kind === 'kill Redis') {
    await redis.kill9()
    await sleep(fault.awayMs)
    await redis.restart()
  } else {
    await stack.service(fault.victim).kill9()
    await stack.startService(fault.victim)
  }
}

/** A quiet pull of the same record changes nothing: what was applied is what the practice said. */
async function assertSaidTheSameAgain(patientIds: readonly string[]): Promise<void> {
  await Promise.all(
    patientIds.map((id) =>
      stack.ask(`Patient/${id}/$refresh`, { method: 'POST', headers: { prefer: 'wait=10' } })
    )
  )
  const changes = await stack.database.query(
    `select cause, source_id as "sourceId", counts from change_event where patient_id = any ($1::uuid[]) and version > 2`,
    [patientIds]
  )
  expect(changes).toEqual([])
}
