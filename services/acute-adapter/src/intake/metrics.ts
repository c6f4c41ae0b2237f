import type { MllpListenerOptions } from '@chesil/mllp'
import type { Metrics } from '@chesil/service-kit'
import type { IntakeDeps } from './intake.ts'

/** What is counted at the door: never whom a message is about. */
export function createDoorMetrics(metrics: Metrics) {
  const received = metrics.counter('chesil_received_total', 'Messages at the door, by what became of them', [
    'source',
    'outcome'
  ])
  const flagged = metrics.counter('chesil_received_flagged_total', 'Messages taken that are worth a look', [
    'source',
    'flag'
  ])
  const denied = metrics.counter('chesil_denied_items_total', 'Items that their source does not share', [
    'source'
  ])
  const connections = metrics.gauge('chesil_mllp_connections', 'Open MLLP connections', [])
  const refused = metrics.counter('chesil_mllp_refused_total', 'MLLP connections turned away', ['reason'])
  const broken = metrics.counter('chesil_mllp_broken_total', 'MLLP frames that came to nothing', ['reason'])
  const bytes = metrics.counter('chesil_mllp_bytes_total', 'Bytes of MLLP frames received', [])
  const waiting = metrics.gauge('chesil_intake_waiting', 'Messages that no commit has settled yet', [])
  const oldest = metrics.gauge(
    'chesil_intake_oldest_seconds',
    'For how long the oldest of them has waited',
    []
  )
  return {
    onWaiting({ count, oldestMs }) {
      waiting.set({}, count)
      oldest.set({}, oldestMs / 1_000)
    },
    onOutcome: (source: string, outcome: string) => received.inc({ source, outcome }),
    onDenied: (source: string, count: number) => denied.inc({ source }, count),
    onFlag: (source, flag) => flagged.inc({ source, flag }),
    onConnections: (open) => connections.set({}, open),
    onRefusedConnection: (reason) => refused.inc({ reason }),
    onBroken: (reason) => broken.inc({ reason }),
    onFrame: (size) => bytes.inc({}, size)
  } satisfies Pick<IntakeDeps, 'onOutcome' | 'onFlag'> &
    Pick<MllpListenerOptions, 'onConnections' | 'onBroken' | 'onFrame'> & {
      onDenied: (source: string, count: number) => void
      onRefusedConnection: MllpListenerOptions['onRefused']
      onWaiting: (waiting: { readonly count: number; readonly oldestMs: number }) => void
    }
}
