import { setTimeout as sleep } from 'node:timers/promises'
import type { HospitalMessage } from '@chesil/synthetic'
import { readAcknowledgement } from './acknowledgement.ts'
import type { Address } from './address.ts'
import { createMllpLink, type MllpLink } from './mllp-link.ts'
import { type Answered, createTally, type PlayReport } from './play-report.ts'

export interface PlayOptions {
  readonly address: Address
  readonly messages: readonly HospitalMessage[]
  readonly ratePerSecond: number
  readonly connections: number
  /** Messages of one connection that wait for their answers at once; 1 as most engines do. */
  readonly inFlight: number
  /** Without an answer by then a message is sent again. */
  readonly ackTimeoutMs: number
  /** How often a message is sent at most. */
  readonly attempts: number
}

/** A day that is being told. */
export interface Play {
  report(): PlayReport
  /** Every message that was answered, in the order of the answers. */
  answers(): readonly Answered[]
  /** Resolves when nothing is under way any more. Safe to repeat. */
  stop(): Promise<void>
  readonly done: Promise<void>
}

export const toBytes = ({ text, charset }: Pick<HospitalMessage, 'text' | 'charset'>): Buffer =>
  Buffer.from(text, charset === 'latin1' ? 'latin1' : 'utf8')

/**
 * Sends messages at a steady rate. What is told of one person goes over one connection, in its order, as an
 * engine does it; what is not answered in time is sent again, with what follows it.
 */
export function startPlay(options: PlayOptions): Play {
  const { messages, ratePerSecond, connections } = options
  const tally = createTally(messages.length)
  const stopping = new AbortController()
  const start = performance.now()
  let end: number | undefined

  const queues = Array.from({ length: connections }, (): Turn[] => [])
  for (const [index, message] of messages.entries()) {
    queues[lineOf(message) % connections]?.push({ message, dueMs: (index * 1000) / ratePerSecond })
  }
  const links = queues.map(() => createMllpLink(options.address, options.ackTimeoutMs))
  const lines = queues.map((queue, index) => playLine(queue, links[index] as MllpLink))
  const done = Promise.all(lines).then(async () => {
    end = performance.now()
    await Promise.all(links.map((link) => link.close()))
  })

  async function playLine(queue: readonly Turn[], link: MllpLink): Promise<void> {
    const underWay = new Set<Promise<void>>()
    for (const { message, dueMs } of queue) {
      await waitUntil(start + dueMs, stopping.signal)
      while (underWay.size >= options.inFlight) await Promise.race(underWay)
      if (stopping.signal.aborted) break
      tally.counts.sent += 1
      const sending = deliver(message, link).finally(() => underWay.delete(sending))
      underWay.add(sending)
    }
    await Promise.all(underWay)
  }

  async function deliver(message: HospitalMessage, link: MllpLink): Promise<void> {
    const bytes = toBytes(message)
    for (let attempt = 1; attempt <= options.attempts && !stopping.signal.aborted; attempt++) {
      if (attempt > 1) tally.counts.resent += 1
      const sentAt = timeNow()
      const reply = await link.send(bytes).catch(() => undefined)
      if (reply) {
        const code = readAcknowledgement(reply, message.controlId)
        return tally.answered({ name: message.name, code, sentAt, answeredAt: timeNow() })
      }
    }
    tally.counts.unanswered += 1
  }

  const stateNow = () => {
    if (end === undefined) return 'running'
    return stopping.signal.aborted ? 'stopped' : 'finished'
  }
  return {
    report: () => tally.report(stateNow(), ((end ?? performance.now()) - start) / 1000),
    answers: tally.answers,
    async stop() {
      if (end === undefined) stopping.abort()
      await done
    },
    done
  }
}

interface Turn {
  readonly message: HospitalMessage
  readonly dueMs: number
}

/** Finer than whole milliseconds. */
const timeNow = (): number => performance.timeOrigin + performance.now()

/** The person's place in the list, which every name of a message holds: `inpatient-3/2-A02`. */
const lineOf = ({ name }: HospitalMessage): number => Number(/-(\d+)\//.exec(name)?.[1] ?? 0)

async function waitUntil(at: number, signal: AbortSignal): Promise<void> {
  const ms = at - performance.now()
  if (ms > 1) await sleep(ms, undefined, { signal }).catch(() => undefined)
}
