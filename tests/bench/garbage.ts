import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type OpenStack, openStack, type StackServers } from '../support/open-stack.ts'
import { createRandom } from '../support/random.ts'
import { type SpawnedService, spawnService } from '../support/services.ts'

export interface GarbageBench {
  /** What the other trust does, as the sandbox calls it; `nothing` tells what chance makes of two equal halves. */
  readonly kind: 'nothing' | 'noise' | 'endless-frame' | 'garbage-frames'
  readonly connections: number
  readonly ratePerSecond: number
  readonly people: number
  /** Days of theirs that are told, one after another. */
  readonly days: number
}

export interface GarbageResult {
  /** Of each half. */
  readonly messages: number
  /** ms until a message is acknowledged. */
  readonly alone: Percentiles
  readonly beside: Percentiles
  /** p95 beside through p95 alone; and in which range 90 % of those are that are drawn anew from pairs of spans. */
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
 * A trust tells of its days without a break, in turns alone and beside one that sends garbage as fast as it is taken, two
 * seconds each: how long does it wait for its acknowledgements? Each has a process of its own to send, which shares the
 * cores with the service. What the sending costs by itself is no matter of ours: when the trust is alone, the garbage
 * goes where nobody reads it.
 */
export async function benchGarbage(servers: StackServers, bench: GarbageBench): Promise<GarbageResult> {
  const settings = { SANDBOX_PEOPLE: String(bench.people), SANDBOX_PRACTICES: '12' }
  const stack = await openStack(servers, { trusts: 2, env: { sandbox: settings } })
  const nuisance = await spawnService('sandbox', { ...settings, SANDBOX_TRUSTS: '2' })
  const sink = await openSink()
  try {
    const warmUp = await startDays(stack, { ...bench, days: 1 }, 'warm-up')
    while (await warmUp.isRunning()) await sleep(100)
    const days = await startDays(stack, bench, 'days')
    const spans: Span[] = []
    let garbage = 0
    for (let n = 0; await days.isRunning(); n++) {
      // Alone, beside, beside, alone: what grows with time grows in both.
      const isBeside = n % 4 === 1 || n % 4 === 2
      const address = isBeside ? stack.mllpAddress() : sink.address
      const startedAt = Date.now()
      const bytes = await sendGarbage(stack, nuisance, { ...bench, address })
      spans.push({ isBeside, from: startedAt + settleMs, to: Date.now() })
      if (isBeside) garbage += bytes
    }
    const pairs = pairsOf(spans, await days.answers())
    return { ...compare(pairs), garbagePerSecond: garbage / 1e6 / (pairs.length * spanSeconds) }
  } finally {
    await nuisance.stop()
    await stack.stop()
    sink.close()
  }
}

const spanSeconds = 2
/** Answers of the span before may still be on their way. */
const settleMs = 200

interface Span {
  readonly isBeside: boolean
  /** ms since 1970 */
  readonly from: number
  readonly to: number
}

interface Answer {
  readonly code: string
  readonly sentAt: number
  readonly answeredAt: number
}

function pairsOf(spans: readonly Span[], answers: readonly Answer[]): readonly Pair[] {
  if (answers.some(({ code }) => code !== 'AA')) throw new Error('A message was not taken')
  const waits = spans.map(({ from, to }) =>
    answers
      .filter(({ sentAt }) => sentAt >= from && sentAt < to)
      .map(({ sentAt, answeredAt }) => answeredAt - sentAt)
  )
  return spans.flatMap(({ isBeside }, n) => {
    const [one, other] = [waits[n], waits[n + 1]]
    if (n % 2 === 1 || !one || !other) return []
    return isBeside ? { alone: other, beside: one } : { alone: one, beside: other }
  })
}

/** Takes connections and reads nothing. */
async function openSink() {
  const sockets = new Set<Socket>()
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close(): void {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** ms until each message of a span was acknowledged. */
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

async function startDays(
  stack: OpenStack,
  { people, days, ratePerSecond }: GarbageBench,
  seed: string
): Promise<{ isRunning(): Promise<boolean>; answers(): Promise<readonly Answer[]> }> {
  const play = `trusts/${trustsOf(stack).well}/play`
  const address = stack.mllpAddress()
  await stack.control('POST', play, { address, people, seed, rounds: days, ratePerSecond, connections: 2 })
  return {
    isRunning: async () => ((await stack.control('GET', play)) as { state: string }).state === 'running',
    answers: async () => (await stack.control('GET', `${play}/answers`)) as readonly Answer[]
  }
}

/** For the time of a span. @returns how many bytes the other trust got rid of. */
async function sendGarbage(
  stack: OpenStack,
  nuisance: SpawnedService,
  { kind, address, connections }: GarbageBench & { readonly address: string }
): Promise<number> {
  if (kind === 'nothing') {
    await sleep(spanSeconds * 1_000)
    return 0
  }
  const url = `${nuisance.url}/control/trusts/${trustsOf(stack).unwell}/nuisance`
  // Each trust has an address of its own.
  const request = { kind, address, from: '127.0.0.2', seconds: spanSeconds, connections }
  const headers = { 'content-type': 'application/json' }
  const started = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
  if (!started.ok) throw new Error(`The nuisance did not start: ${started.status}`)
  for (;;) {
    const report = (await (await fetch(url)).json()) as { readonly state: string; readonly bytes: number }
    if (report.state !== 'running') return report.bytes
    await sleep(50)
  }
}
