import { setTimeout as sleep } from 'node:timers/promises'
import type { Bundle } from '@chesil/fhir'
import type { Database } from '@chesil/record-store'
import { type OpenStack, openStack, type StackServers } from '../support/open-stack.ts'
import { median } from './load.ts'

export interface MessageBench {
  readonly people: number
  readonly ratePerSecond: number
  /** Of one connection; 1 as most engines have it. */
  readonly inFlight: number
  readonly connections: number
  /** Whether PDS was asked about everybody before. */
  readonly isTraced: boolean
}

export interface MessageResult {
  readonly messages: number
  /** From the first message sent to the last acknowledged. */
  readonly acknowledgedPerSecond: number
  /** From the first message sent to the last applied. */
  readonly appliedPerSecond: number
  /** ms from the acknowledgement until the record holds it, of every message. */
  readonly applied: { readonly p50: number; readonly p99: number }
  /** ms from the acknowledgement until a reader has an answer of `$everything` that holds it, of every 20th. */
  readonly readable: { readonly p50: number; readonly p99: number; readonly samples: number }
}

const trust = 'R9Z'

/**
 * A trust tells of a day: how long after each acknowledgement is the message in the record, and in what a clinician
 * reads? The sandbox that sends, PostgreSQL, Redis, the services and this clock share the cores.
 */
export async function benchMessages(servers: StackServers, bench: MessageBench): Promise<MessageResult> {
  const stack = await openStack(servers, {
    trusts: 1,
    env: { sandbox: { SANDBOX_PEOPLE: String(bench.people), SANDBOX_PRACTICES: '12' } },
    // Nobody is asked: it is the messages that are measured.
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({
        ...source,
        releaseStage: source.kind === 'hl7v2' ? source.releaseStage : 'planned'
      }))
    })
  })
  try {
    if (bench.isTraced) await traceEverybody(stack)
    // Code that has run before, and plans that are made.
    await play(stack, { ...bench, people: 20, seed: 'warm-up' })
    return await measurePlay(stack, bench)
  } finally {
    await stack.stop()
  }
}

/** A search by name makes people known and asks no practice. */
async function traceEverybody(stack: OpenStack): Promise<void> {
  const waiting = (await stack.people()).values()
  const search = async () => {
    for (const { family, birthDate } of waiting)
      await stack.ask(`Patient?family=${encodeURIComponent(family)}&birthdate=${birthDate}`)
  }
  await Promise.all([search(), search(), search(), search()])
}

interface Played {
  readonly name: string
  readonly code: string
  readonly answeredAt: number
  readonly sentAt: number
}

async function startPlay(
  stack: OpenStack,
  { people, seed, ...play }: Partial<MessageBench> & { seed: string }
) {
  const { isTraced: _, ...options } = play
  const day = `control/trusts/${trust}/day?people=${people}&seed=${seed}`
  const messages = (await (await fetch(`${stack.service('sandbox').url}/${day}`)).json()) as readonly {
    name: string
    controlId: string
  }[]
  await stack.control('POST', `trusts/${trust}/play`, {
    address: stack.mllpAddress(),
    people,
    seed,
    ...options
  })
  return new Map(messages.map(({ name, controlId }) => [name, controlId]))
}

async function untilPlayed(stack: OpenStack): Promise<void> {
  for (;;) {
    const report = (await stack.control('GET', `trusts/${trust}/play`)) as { state: string }
    if (report.state !== 'running') return
    await sleep(100)
  }
}

async function play(stack: OpenStack, options: Partial<MessageBench> & { seed: string }): Promise<void> {
  await startPlay(stack, options)
  await untilPlayed(stack)
  await untilApplied(stack.database)
}

async function untilApplied(database: Database): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ open: number }>(
      `select (select count(*) from inbox_message where state = 'received')
            + (select count(*) from contribution where state = 'ready') as open`
    )
    if (row?.open === 0) return
    await sleep(20)
  }
}

async function measurePlay(stack: OpenStack, bench: MessageBench): Promise<MessageResult> {
  const watch = watchApplied(stack)
  const controlIds = await startPlay(stack, { ...bench, seed: 'bench' })
  await untilPlayed(stack)
  await untilApplied(stack.database)
  const { applied, readable, lastAppliedAt } = await watch.stop()
  const played = (await stack.control('GET', `trusts/${trust}/play/answers`)) as readonly Played[]
  const accepted = played.filter(({ code }) => code === 'AA')
  const after = (seen: ReadonlyMap<string, number>) =>
    accepted
      .flatMap(({ name, answeredAt }) => {
        const at = seen.get(controlIds.get(name) ?? '')
        return at === undefined ? [] : [at - answeredAt]
      })
      .sort((a, b) => a - b)
  const startedAt = Math.min(...accepted.map(({ sentAt }) => sentAt))
  const acknowledgedAt = Math.max(...accepted.map(({ answeredAt }) => answeredAt))
  const samples = after(readable)
  return {
    messages: accepted.length,
    acknowledgedPerSecond: (accepted.length * 1000) / (acknowledgedAt - startedAt),
    appliedPerSecond: (accepted.length * 1000) / (lastAppliedAt - startedAt),
    applied: percentiles(after(applied)),
    readable: { ...percentiles(samples), samples: samples.length }
  }
}

const percentiles = (sorted: readonly number[]) => ({
  p50: median(sorted),
  p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
})

const everySample = 20

/** Looks every few milliseconds what has become part of a record, by message; and reads some of these records. */
function watchApplied(stack: OpenStack) {
  const applied = new Map<string, number>()
  const readable = new Map<string, number>()
  const reads = new Set<Promise<void>>()
  let stopped = false
  let lastAppliedAt = 0

  async function look(): Promise<void> {
    const rows = await stack.database.query<{ controlId: string; patientId: string; version: number }>(
      `select m.control_id as "controlId", c.patient_id as "patientId", c.applied_version as version
         from contribution c join inbox_message m on m.id = c.inbox_message_id
        where c.state = 'applied' and c.settled_at > now() - interval '1 second'`
    )
    const now = clock()
    for (const { controlId, patientId, version } of rows) {
      if (applied.has(controlId)) continue
      applied.set(controlId, now)
      lastAppliedAt = now
      if (applied.size % everySample > 0) continue
      const read = readRecord(controlId, patientId, version).finally(() => reads.delete(read))
      reads.add(read)
    }
  }

  async function readRecord(controlId: string, patientId: string, version: number): Promise<void> {
    const { body, status } = await stack.ask<Bundle>(`Patient/${patientId}/$everything`)
    const versions = body.entry?.map(({ resource }) => Number(resource?.meta?.versionId ?? 0)) ?? []
    if (status === 200 && (version === 0 || Math.max(...versions) >= version))
      readable.set(controlId, clock())
  }

  const looking = (async () => {
    while (!stopped) {
      await look()
      await sleep(5)
    }
    await look()
    await Promise.all(reads)
  })()

  return {
    async stop() {
      stopped = true
      await looking
      return { applied, readable, lastAppliedAt }
    }
  }
}

const clock = () => performance.timeOrigin + performance.now()
