import { setTimeout as sleep } from 'node:timers/promises'
import { type OpenStack, openStack, type StackServers } from '../support/open-stack.ts'
import { type SpawnedService, spawnService } from '../support/services.ts'
import { median } from './load.ts'

export interface GarbageBench {
  /** Pairs of rounds: alone, and beside a trust that sends garbage. */
  readonly rounds: number
  /** What the other trust does, as the sandbox calls it. */
  readonly kind: 'noise' | 'endless-frame' | 'garbage-frames'
  readonly connections: number
  readonly ratePerSecond: number
  readonly people: number
}

export interface GarbageResult {
  readonly messages: number
  /** ms until a message is acknowledged: medians of the rounds. */
  readonly alone: { readonly p50: number; readonly p95: number }
  readonly beside: { readonly p50: number; readonly p95: number }
  /** Megabytes a second that the other trust got rid of. */
  readonly garbagePerSecond: number
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
  try {
    await playRound(stack, bench, 'warm-up')
    const alone: Round[] = []
    const beside: Round[] = []
    let garbagePerSecond = 0
    for (let round = 0; round < bench.rounds; round++) {
      // Whoever comes first in one pair comes second in the next.
      const both = [
        async () => void alone.push(await playRound(stack, bench, `alone ${round}`)),
        async () => {
          const stop = await startGarbage(stack, nuisance, bench)
          beside.push(await playRound(stack, bench, `beside ${round}`))
          garbagePerSecond = await stop()
        }
      ]
      for (const one of round % 2 === 0 ? both : both.toReversed()) await one()
    }
    return {
      messages: alone.reduce((sum, { count }) => sum + count, 0),
      alone: medians(alone),
      beside: medians(beside),
      garbagePerSecond
    }
  } finally {
    await nuisance.stop()
    await stack.stop()
  }
}

interface Round {
  readonly count: number
  readonly p50: number
  readonly p95: number
}

const medians = (rounds: readonly Round[]) => ({
  p50: median(rounds.map(({ p50 }) => p50)),
  p95: median(rounds.map(({ p95 }) => p95))
})

async function playRound(
  stack: OpenStack,
  { people, ratePerSecond }: GarbageBench,
  seed: string
): Promise<Round> {
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
  const times = answers.map(({ sentAt, answeredAt }) => answeredAt - sentAt).sort((a, b) => a - b)
  const share = (part: number) => times[Math.floor(times.length * part)] ?? Number.NaN
  return { count: times.length, p50: share(0.5), p95: share(0.95) }
}

/** @returns waits until it has ended; megabytes a second. */
async function startGarbage(
  stack: OpenStack,
  nuisance: SpawnedService,
  { kind, connections, people, ratePerSecond }: GarbageBench
) {
  // So long that a day of so many people is over before: some messages each.
  const seconds = Math.min(120, Math.ceil((people * 12) / ratePerSecond) + 2)
  const url = `${nuisance.url}/control/trusts/${trustsOf(stack).unwell}/nuisance`
  // Each trust has an address of its own.
  const request = { kind, address: stack.mllpAddress(), from: '127.0.0.2', seconds, connections }
  const headers = { 'content-type': 'application/json' }
  const started = await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })
  if (!started.ok) throw new Error(`The nuisance did not start: ${started.status}`)
  return async (): Promise<number> => {
    for (;;) {
      const report = (await (await fetch(url)).json()) as { readonly state: string; readonly bytes: number }
      if (report.state !== 'running') return report.bytes / seconds / 1e6
      await sleep(50)
    }
  }
}
