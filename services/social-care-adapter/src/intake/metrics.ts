import type { Metrics } from '@chesil/service-kit'

/** What is counted at the door: never whom a message is about. */
export function createDoorMetrics(metrics: Metrics) {
  const received = metrics.counter('chesil_received_total', 'Messages at the door, by what became of them', [
    'source',
    'outcome'
  ])
  const waiting = metrics.gauge('chesil_intake_waiting', 'Messages that no commit has settled yet', [])
  return {
    onOutcome: (source: string, outcome: string) => received.inc({ source, outcome }),
    onWaiting: (count: number) => waiting.set({}, count)
  }
}
