import { setTimeout as sleep } from 'node:timers/promises'
import { type OpenStack, openStack, type SandboxPerson, type StackServers } from '../support/open-stack.ts'
import type { PartnerSystem } from '../support/partner.ts'
import { median } from './load.ts'
import { eventOf } from './pushed-event.ts'
import { registerBenchPartner } from './webhooks.ts'

export interface VisibleBench {
  /** Of the partner, and of the world its people are in: once for each database. */
  readonly name: string
  readonly people: number
  readonly ratePerSecond: number
  readonly seconds: number
}

export interface VisibleResult {
  /** Sent in that time, a second: where the sender is held up, less than was wanted. */
  readonly sentPerSecond: number
  /** ms from the 202 until a clinician has read it in `$everything`. */
  readonly visible: { readonly p50: number; readonly p99: number; readonly samples: number }
}

const samplesPerSecond = 5
/** Readers that look all the time would be what is measured: they look to within this, or a tenth of what it takes. */
const lookPauseMs = 10
const patienceMs = 30_000

/**
 * A partner pushes results at a steady rate, each of another person; beside it some are read as a clinician would, until
 * they are there. The sandbox, PostgreSQL, Redis, all services, the sender and the readers share the cores.
 */
export async function benchWebhookToVisible(
  servers: StackServers,
  bench: VisibleBench
): Promise<VisibleResult> {
  const stack = await openStack(servers, {
    trusts: 1,
    partners: true,
    env: {
      sandbox: { SANDBOX_SEED: bench.name, SANDBOX_PEOPLE: String(bench.people), SANDBOX_PRACTICES: '12' }
    },
    // Nobody is asked: it is the events that are measured.
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({
        ...source,
        releaseStage: source.kind === 'fhir-sender' ? source.releaseStage : 'planned'
      }))
    })
  })
  try {
    const partner = await registerBenchPartner(stack, bench.name)
    const everybody = await knownPeople(stack)
    let people = everybody
    // Code that has run before, and plans that are made for tables with something in them.
    for (const prefix of ['first', 'second']) {
      await pushSteadily(stack, { ...bench, partner, people, prefix, seconds: 5 })
      await stack.database.query('analyze')
      people = await withoutTwins(stack, everybody)
    }
    return await pushSteadily(stack, { ...bench, partner, people, prefix: 'measured' })
  } finally {
    await stack.stop()
  }
}

interface Known {
  readonly person: SandboxPerson
  readonly patientId: string
}

/** PDS was asked about them before, as by their first reader. */
async function knownPeople(stack: OpenStack): Promise<readonly Known[]> {
  const people = (await stack.people()).filter(({ kind }) => kind === 'ordinary')
  const known: Known[] = []
  for (const person of people) {
    const patientId = await stack.findPerson(person.nhsNumber)
    if (patientId !== undefined) known.push({ person, patientId })
  }
  return known
}

/** What may be a twin's is kept out, and is never to be seen: of some hundred made-up people a few are. */
async function withoutTwins(stack: OpenStack, people: readonly Known[]): Promise<readonly Known[]> {
  const shown = await stack.database.query<{ patientId: string }>(
    `select distinct patient_id as "patientId" from view_entry where resource_type = 'Observation'`
  )
  const ids = new Set(shown.map(({ patientId }) => patientId))
  return people.filter(({ patientId }) => ids.has(patientId))
}

interface Pushing extends Pick<VisibleBench, 'ratePerSecond' | 'seconds'> {
  readonly partner: PartnerSystem
  readonly people: readonly Known[]
  readonly prefix: string
}

async function pushSteadily(stack: OpenStack, pushing: Pushing): Promise<VisibleResult> {
  const { ratePerSecond, seconds, people } = pushing
  const count = ratePerSecond * seconds
  const everyNth = Math.round(ratePerSecond / samplesPerSecond)
  const startedAt = performance.now()
  const sending: Promise<number | undefined>[] = []
  for (let n = 0; n < count; n++) {
    const due = startedAt + (n * 1_000) / ratePerSecond
    if (performance.now() < due) await sleep(due - performance.now())
    const known = people[n % people.length] as Known
    sending.push(pushOne(stack, pushing, { known, n, isSample: n % everyNth === 0 }))
  }
  const sentPerSecond = (count * 1_000) / (performance.now() - startedAt)
  const waits = (await Promise.all(sending)).filter((wait) => wait !== undefined).sort((a, b) => a - b)
  const p99 = waits[Math.floor(waits.length * 0.99)] ?? Number.NaN
  return { sentPerSecond, visible: { p50: median(waits), p99, samples: waits.length } }
}

/** @returns ms until it was read, where it is a sample. */
async function pushOne(
  stack: OpenStack,
  { partner, prefix }: Pushing,
  { known: { person, patientId }, n, isSample }: { known: Known; n: number; isSample: boolean }
): Promise<number | undefined> {
  const item = `${prefix}-${n}-x`
  const { nhsNumber, family, birthDate } = person
  const given = person.name.slice(0, -family.length).trim().split(' ')
  const body = eventOf({
    person: `b${nhsNumber}`,
    known: { nhsNumber, family, given, birthDate },
    item,
    at: Date.now()
  })
  const { status } = await partner.send(stack.service('partner-gateway').url, item, body)
  if (status !== 202) throw new Error(`An event was answered ${status}`)
  if (!isSample) return undefined
  const acceptedAt = performance.now()
  while (performance.now() - acceptedAt < patienceMs) {
    const { text } = await stack.ask(`Patient/${patientId}/$everything`)
    if (text.includes(item)) return performance.now() - acceptedAt
    await sleep(Math.max(lookPauseMs, (performance.now() - acceptedAt) / 10))
  }
  // More comes than is applied: so long at the least.
  return patienceMs
}
