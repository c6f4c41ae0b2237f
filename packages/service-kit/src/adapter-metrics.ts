import type { Metrics } from './metrics.ts'

/** What every adapter counts, under the same names. */
export function createAdapterMetrics(metrics: Metrics) {
  const messages = metrics.counter('chesil_messages_total', 'Messages by what became of them', [
    'source',
    'outcome'
  ])
  const invalid = metrics.counter(
    'chesil_invalid_resources_total',
    'Mapped resources that were not valid FHIR',
    ['source']
  )
  const pulls = metrics.histogram('chesil_pull_seconds', 'Time a source took, by outcome', [
    'source',
    'outcome'
  ])
  return {
    onMapped: (source: string, outcome: string) => messages.inc({ source, outcome }),
    onInvalid: (source: string, count: number) => invalid.inc({ source }, count),
    onPulled: (source: string, outcome: string, seconds: number) =>
      pulls.observe({ source, outcome }, seconds)
  }
}
