import type { Metrics } from '@chesil/service-kit'

/** What is counted at the door: never whom a message is about. */
export function createDoorMetrics(metrics: Metrics) {
  const received = metrics.counter('chesil_received_total', 'Messages at the door, by what became of them', [
    'source',
    'outcome'
  ])
  const waiting = metrics.gauge('chesil_intake_waiting', 'Messages that no commit has settled yet', [])
  const files = metrics.gauge(
    'chesil_cld_files',
    'Files in the folder of Client Level Data, by where they lie',
    ['place']
  )
  const events = metrics.counter(
    'chesil_webhook_events_total',
    'Events of partners, by what became of them here',
    ['form', 'outcome']
  )
  return {
    onOutcome: (source: string, outcome: string) => received.inc({ source, outcome }),
    onFiles: ({ waiting, failed }: { readonly waiting: number; readonly failed: number }) => {
      files.set({ place: 'waiting' }, waiting)
      files.set({ place: 'failed' }, failed)
    },
    onPartnerEvent: (outcome: string, form: string) => events.inc({ form, outcome }),
    onWaiting: (count: number) => waiting.set({}, count)
  }
}
