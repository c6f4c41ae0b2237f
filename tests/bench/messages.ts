import { setTimeout as sleep } from 'node:timers/promises'
import { chesil } from '@chesil/fhir'
import { createMllpSender, type MllpSender } from '@chesil/mllp'
import { type Database, personIdOf } from '@chesil/record-store'
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
  /** Whether results are read beside; not where more is sent than can be applied. */
  readonly isSampled: boolean
}

export interface MessageResult {
  readonly messages: number
  /** From the first message taken to the last acknowledged. */
  readonly acknowledgedPerSecond: number
  /** From the first message taken to the last applied. */
  readonly appliedPerSecond: number
  /** ms from the acknowledgement of a result until a clinician has read it in `$everything`. */
  readonly readable: { readonly p50: number; readonly p99: number; readonly samples: number }
}

const trust = 'R9Z'

/**
 * A trust tells of a day. Beside it results are sent, four a second, and the record is read until each is there: the
 * sandbox, PostgreSQL, Redis, the services and the reader share the cores.
 */
export async function benchMessages(servers: StackServers, bench: MessageBench): Promise<MessageResult> {
  const seed = `${bench.people}-${bench.ratePerSecond}-${bench.isTraced}`
  const stack = await openStack(servers, {
    trusts: 1,
    env: {
      sandbox: { SANDBOX_SEED: seed, SANDBOX_PEOPLE: String(bench.people), SANDBOX_PRACTICES: '12' }
    },
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
    // Code that has run before, and plans that are made for tables with something in them, as after a day.
    const warmUp = { ...bench, people: 40, ratePerSecond: 50 }
    await play(stack, warmUp, `first-warm-up-${seed}`)
    await stack.database.query('analyze')
    await play(stack, warmUp, `second-warm-up-${seed}`)
    return await measure(stack, bench, seed)
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

/** Resolves when the day is told and applied. */
async function play(stack: OpenStack, bench: MessageBench, seed: string): Promise<void> {
  const { people, ratePerSecond, inFlight, connections } = bench
  const request = { address: stack.mllpAddress(), people, seed, ratePerSecond, inFlight, connections }
  await stack.control('POST', `trusts/${trust}/play`, request)
  while (((await stack.control('GET', `trusts/${trust}/play`)) as { state: string }).state === 'running')
    await sleep(100)
  while ((await openRows(stack.database)) > 0) await sleep(100)
}

async function openRows(database: Database): Promise<number> {
  const [row] = await database.query<{ open: number }>(
    `select (select count(*) from inbox_message where state = 'received')
          + (select count(*) from contribution where state = 'ready') as open`
  )
  return row?.open ?? 0
}

async function measure(stack: OpenStack, bench: MessageBench, seed: string): Promise<MessageResult> {
  const [since] = await stack.database.query<{ now: Date }>('select clock_timestamp()::text as now')
  const samples = bench.isSampled ? await sampleReads(stack) : undefined
  await play(stack, bench, seed)
  const waits = ((await samples?.stop()) ?? []).sort((a, b) => a - b)
  const [row] = await stack.database.query<{ messages: number; taken: number; applied: number }>(
    `select count(distinct m.id) as messages,
            extract(epoch from max(m.received_at) - min(m.received_at))::float8 as taken,
            extract(epoch from max(c.settled_at) - min(m.received_at))::float8 as applied
       from inbox_message m left join contribution c on c.inbox_message_id = m.id
      where m.received_at > $1::timestamptz`,
    [since?.now]
  )
  const { messages = 0, taken = 0, applied = 0 } = row ?? {}
  return {
    messages,
    acknowledgedPerSecond: messages / taken,
    appliedPerSecond: messages / applied,
    readable: {
      p50: median(waits),
      p99: waits[Math.floor(waits.length * 0.99)] ?? Number.NaN,
      samples: waits.length
    }
  }
}

const samplePauseMs = 250
/** Readers that look all the time would be what is measured: they look to within this, and a tenth of what it takes. */
const lookPauseMs = 10
const patienceMs = 30_000

/** Sends results one after the other, and reads each one's record until it is there. */
async function sampleReads(stack: OpenStack) {
  const [host = '', port = ''] = stack.mllpAddress().split(':')
  const sender = await createMllpSender({ host, port: Number(port) })
  const waits: number[] = []
  const reads = new Set<Promise<void>>()
  let stopped = false

  async function sampleOnce(n: number): Promise<void> {
    const number = `BENCH${n % 50}`
    const marker = `sample-${n}-x`
    await send(sender, number, marker)
    const acknowledgedAt = performance.now()
    const person = personIdOf({ system: chesil.patientNumber(trust), value: number })
    while (performance.now() - acknowledgedAt < patienceMs) {
      const { text } = await stack.ask(`Patient/${person}/$everything`)
      if (text.includes(marker)) break
      await sleep(Math.max(lookPauseMs, (performance.now() - acknowledgedAt) / 10))
    }
    waits.push(performance.now() - acknowledgedAt)
  }

  const sampling = (async () => {
    for (let n = 0; !stopped; n++) {
      const read = sampleOnce(n).finally(() => reads.delete(read))
      reads.add(read)
      await sleep(samplePauseMs)
    }
    await Promise.all(reads)
  })()

  return {
    async stop(): Promise<number[]> {
      stopped = true
      await sampling
      await sender.close()
      return waits
    }
  }
}

async function send(sender: MllpSender, number: string, marker: string): Promise<void> {
  const time = new Date().toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)
  const message = [
    `MSH|^~\\&|LIMS|${trust}|||${time}+0000||ORU^R01^ORU_R01|${marker}|P|2.4`,
    `PID|1||${number}^^^${trust}^MR||Bench^Person||19500101|2`,
    `OBR|1||${marker}^LIMS|NOTE^Note^L|||${time}+0000`,
    `OBX|1|ST|NOTE^Note^L||${marker}||||||F`
  ].join('\r')
  const answer = (await sender.send(Buffer.from(message))).toString('latin1')
  if (!answer.includes('MSA|AA')) throw new Error(`A sample was refused: ${answer.replaceAll('\r', ' ')}`)
}
