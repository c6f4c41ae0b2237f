import type { Metrics } from '@chesil/service-kit'

/** What is counted: by partner and by codes, never by anything that a request brings otherwise. */
export function createGatewayMetrics(metrics: Metrics) {
  const accepted = metrics.counter(
    'chesil_webhooks_accepted_total',
    'Events, by what became of them at once',
    ['partner', 'form', 'outcome']
  )
  const refused = metrics.counter(
    'chesil_webhooks_refused_total',
    'Requests without credentials that count',
    ['reason']
  )
  const notices = metrics.counter('chesil_webhook_notices_total', 'Notices that a record has changed', [
    'outcome'
  ])
  const waiting = metrics.gauge('chesil_webhooks_waiting', 'Events that wait for their commit', ['what'])
  const deliveries = metrics.counter(
    'chesil_deliveries_total',
    'Notifications to subscribers, by what became of an attempt',
    ['outcome']
  )
  const underWay = metrics.gauge('chesil_deliveries_under_way', 'Notifications that are being sent', [])
  return {
    onDelivery: (outcome: string) => deliveries.inc({ outcome }),
    onDeliveriesUnderWay: (count: number) => underWay.set({}, count),
    onAccepted: (partner: string, outcome: string, form: string) => accepted.inc({ partner, form, outcome }),
    onRefused: (reason: string) => refused.inc({ reason }),
    onNotice: (outcome: string) => notices.inc({ outcome }),
    onWaiting: ({ count, oldestMs }: { readonly count: number; readonly oldestMs: number }) => {
      waiting.set({ what: 'count' }, count)
      waiting.set({ what: 'oldest_ms' }, oldestMs)
    }
  }
}
