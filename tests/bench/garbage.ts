import { setTimeout as sleep } from 'node:timers/promises'
import { type OpenStack, openStack, type StackServers } from '../support/open-stack.ts'
import { createRandom } from '../support/random.ts'
import { type SpawnedService, spawnService } from '../support/services.ts'

export interface GarbageBench {
  /** Pairs of rounds: alone, and beside a trust that sends garbage. */
  readonly pairs: number
  /** What the other trust does, as the sandbox calls it; `nothing` tells what chance makes of two equal rounds. */
  readonly kind: 'nothing' | 'noise' | 'endless-frame' | 'garbage-frames'
  readonly connections: number
  readonly ratePerSecond: number
  readonly people: number
}

export interface GarbageResult {
  readonly messages: number
  /** ms until a message is acknowledged, over all rounds. */
  readonly alone: Percentiles
  readonly beside: Percentiles
  /** p95 beside through p95 alone; and in which range 90 % of those are that are drawn from these pairs anew. */
  readonly ratio: { readonly p95: number; readonly low: number; readonly high: number }
  /** Megabytes a second that the other trust got rid of. */
  readonly garbagePerSecond: number
}

interface Percentiles {
  readonly p50: number
  readonly p95: number
}

/** ODS codes of the trusts: the one that is measured, and the one that sends garbage. */
function trustsOf({ catalogue }: OpenStack) {
  const trusts = catalogue.sources.flatMap((source) => (source.kind === 'hl7v2' ? [source.odsCode] : []))
  const [well = '', unwell = ''] = new Set(trusts)
  return { well, unwell }
}

/**
 * A trust tells of a day, alone and beside one that sends garbage as fast as it is taken: how long does it wait for
 * its acknowledgements? Each has a process of its own to send; both share the cores with the service.
 */
export async function benchGarbage(servers: StackServers, bench: GarbageBench): Promise<GarbageResult> {
  const settings = { SANDBOX_PEOPLE: String(bench.people), SANDBOX_PRACTICES: '12' }
  const stack = await openStack(servers, { trusts: 2, env: { sandbox: settings } })
  const nuisance = await spawnService('sandbox', { ...settings, SANDBOX_TRUSTS: '2' })
  const playAlone = (seed: string) => playRound(stack, bench, seed)
  let garbagePerSecond = 0
  async function playBeside(seed: string): Promise<Waits> {
    if (bench.kind === 'nothing') return await playAlone(seed)
    const stop = await startGarbage(stack, nuisance, bench, bench.kind)
    const waits = await playAlone(seed)
    garbagePerSecond = await stop()
    return waits
  }
  try {
    // Twice: compiling what runs often goes on for a while.
    for (const seed of ['warm-up', 'warm-up again']) await playBeside(seed)
    const pairs: Pair[] = []
    for (let n = 0; n < bench.pairs; n++) {
      // Whoever comes first in one pair comes second in the next.
      const isAloneFirst = n % 2 === 0
      const first = isAloneFirst ? await playAlone(`a${n}`) : await playBeside(`a${n}`)
      const second = isAloneFirst ? await playBeside(`b${n}`) : await playAlone(`b${n}`)
      pairs.push(isAloneFirst ? { alone: first, beside: second } : { alone: second, beside: first })
    }
    return { ...compare(pairs), garbagePerSecond }
  } finally {
    await nuisance.stop()
    await stack.stop()
  }
}

/** ms until each message of a round was acknowledged. */
type Waits = readonly number[]

interface Pair {
  readonly alone: Waits
  readonly beside: Waits
}

function compare(pairs: readonly Pair[]): Omit<GarbageResult, 'garbagePerSecond'> {
  const random = createRandom(1)
  const drawn = Array.from({ length: 500 }, () =>
    ratioOf(pairs.map(() => pairs[Math.floor(random() * pairs.length)] as Pair))
  )
  const alone = percentiles(pairs.flatMap((pair) => pair.alone))
  const beside = percentiles(pairs.flatMap((pair) => pair.beside))
  const ratio = { p95: beside.p95 / alone.p95, low: share(drawn, 0.05), high: share(drawn, 0.95) }
  return { messages: pairs.reduce((sum, pair) => sum + pair.alone.length, 0), alone, beside, ratio }
}

const ratioOf = (pairs: readonly Pair[]): number =>
  percentiles(pairs.flatMap(({ beside }) => beside)).p95 /
  percentiles(pairs.flatMap(({ alone }) => alone)).p95

const percentiles = (waits: Waits): Percentiles => ({ p50: share(waits, 0.5), p95: share(waits, 0.95) })

const share = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN

async function playRound(
  stack: OpenStack,
  { people, ratePerSecond }: GarbageBench,
  seed: string
): Promise<Waits> {
  const address = stack.mllpAddress()
  const { well } = trustsOf(stack)
  await stack.control('POST', `trusts/${well}/play`, { address, people, seed, ratePerSecond, connections: 2 })
  for (;;) {
    await sleep(50)
    const report = (await stack.control('GET', `trusts/${well}/play`)) as { readonly state: string }
    if (report.state !== 'running') break
  }
  const answers = (await stack.control('GET', `trusts/${well}/play/answers`)) as readonly {
    readonly code: string
    readonly sentAt: number
    readonly answeredAt: number
  }[]
  if (answers.some(({ code }) => code !== 'AA')) throw new Error('A message was not taken')
  return answers.map(({ sentAt, answeredAt }) => answeredAt - sentAt)
}

/** @returns waits until it has ended; megabytes a second. */
async function startGarbage(
  stack: OpenStack,
  nuisance: SpawnedService,
  { connections, people, ratePerSecond }: GarbageBench,
  kind: Exclude<GarbageBench['kind'], 'nothing'>
) {
  // So long that a day of so many people is over before: some messages each.
  const seconds = Math.ceil((people * 7.5) / ratePerSecond) + 1
  const url = `${nuisance.url}/control/trusts/${trustsOf(stack).unwell}/nuisance`
  // Each trust has an address of its own.
  const request = { kind, address: stack.mllpAddress(), from: '127.0.0.2', seconds, connections }
  const headers = { 'content-type': 'application/json' }
  const started = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
  if (!started.ok) throw new Error(`The nuisance did not start: ${started.status}`)
  const read = async () =>
    (await (await fetch(url)).json()) as { readonly state: string; readonly bytes: number }
  return async (): Promise<number> => {
    if ((await read()).state !== 'running') throw new Error('The garbage ended before the day did')
    for (;;) {
      const report = await read()
      if (report.state !== 'running') return report.bytes / seconds / 1e6
      await sleep(50)
    }
  }
}
