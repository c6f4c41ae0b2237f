import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PrivateServer, startRedis } from '../support/databases.ts'
import { createRandom, seed } from '../support/random.ts'
import { type SandboxPerson, type ServiceName, type Stack, startStack } from '../support/stack.ts'

/** `PULLS=200 npm test -- tests/faults` for a quick look. */
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
  const random = createRandom()
  const people = (await stack.people()).filter(({ kind }) => kind === 'ordinary').slice(0, pullCount)
  const accepted: string[] = []
  let isAsking = true
  const faults = { kills: 0, flushes: 0, redisKills: 0 }

  const waiting = people.values()
  const readers = Array.from({ length: readersAtOnce }, async () => {
    for (const person of waiting) accepted.push(await accept(person))
  })
  const chaos = cause(() => isAsking, random, faults)
  await Promise.all(readers)
  isAsking = false
  await chaos
  expect(faults.kills).toBeGreaterThan(0)
  expect(faults.flushes).toBeGreaterThan(0)

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

async function accept({ nhsNumber }: SandboxPerson): Promise<string> {
  const id = await stack.findPerson(nhsNumber)
  if (id === undefined) throw new Error('A person was not found')
  return id
}

/** Kills a worker every second or so, and now and then empties or kills Redis. */
async function cause(
  isGoingOn: () => boolean,
  random: () => number,
  faults: { kills: number; flushes: number; redisKills: number }
): Promise<void> {
  while (isGoingOn()) {
    await sleep(300 + random() * 1_200)
    const dice = random()
    if (dice < 0.35) {
      const client = new Redis(redis.url)
      await client.flushall()
      client.disconnect()
      faults.flushes += 1
    } else if (dice < 0.45) {
      await redis.kill9()
      await sleep(random() * 1_500)
      await redis.restart()
      faults.redisKills += 1
    } else {
      const victim: ServiceName = random() < 0.5 ? 'gp-adapter' : 'record-builder'
      await stack.service(victim).kill9()
      await stack.startService(victim)
      faults.kills += 1
    }
  }
}

/** A quiet pull of the same record changes nothing: what was applied is what the practice said. */
async function assertSaidTheSameAgain(patientIds: readonly string[]): Promise<void> {
  await Promise.all(
    patientIds.map((id) =>
      stack.ask(`Patient/${id}/$refresh`, { method: 'POST', headers: { prefer: 'wait=10' } })
    )
  )
  const versions = await stack.database.query<{ version: number }>(
    'select distinct version from patient where id = any ($1::uuid[])',
    [patientIds]
  )
  expect(versions).toEqual([{ version: 2 }])
}
