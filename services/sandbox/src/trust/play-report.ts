import type { AcknowledgementCode } from './acknowledgement.ts'

export interface PlayReport {
  readonly state: 'running' | 'finished' | 'stopped'
  readonly planned: number
  /** Messages that were sent at least once. */
  readonly sent: number
  /** How often a message was sent again, for want of an answer. */
  readonly resent: number
  readonly acknowledged: Readonly<Record<AcknowledgementCode | 'other', number>>
  /** Given up after the last attempt. */
  readonly unanswered: number
  readonly seconds: number
  /** Answers a second, from the first message on. */
  readonly perSecond: number
  /** Milliseconds from sending to the answer, of the attempt that was answered. */
  readonly acknowledgementMs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Names of messages answered with anything but AA, the first hundred. */
  readonly notAccepted: readonly string[]
}

/** One message that was answered. */
export interface Answered {
  readonly name: string
  readonly code: AcknowledgementCode | 'other'
  /** Milliseconds since 1970. */
  readonly sentAt: number
  readonly answeredAt: number
}

const namesShown = 100

/** Counts what a play does. */
export function createTally(planned: number) {
  const answers: Answered[] = []
  const counts = { sent: 0, resent: 0, unanswered: 0 }
  return {
    counts,
    answers: (): readonly Answered[] => answers,
    answered: (answer: Answered) => void answers.push(answer),
    report(state: PlayReport['state'], seconds: number): PlayReport {
      const acknowledged = { AA: 0, AE: 0, AR: 0, other: 0 }
      for (const { code } of answers) acknowledged[code] += 1
      const times = answers.map(({ sentAt, answeredAt }) => answeredAt - sentAt).sort((a, b) => a - b)
      return {
        state,
        planned,
        ...counts,
        acknowledged,
        seconds,
        perSecond: seconds === 0 ? 0 : answers.length / seconds,
        acknowledgementMs: { p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: times.at(-1) ?? 0 },
        notAccepted: answers
          .filter(({ code }) => code !== 'AA')
          .slice(0, namesShown)
          .map(({ name }) => name)
      }
    }
  }
}

/** @param sorted The least first. @returns 0 when there is none. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
