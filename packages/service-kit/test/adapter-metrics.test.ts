import { expect, test } from 'vitest'
import { createAdapterMetrics, createMetrics } from '../src/index.ts'

test('adapters count under the same names', async () => {
  const metrics = createMetrics('test')
  const count = createAdapterMetrics(metrics)
  count.onMapped('surgery', 'refused')
  count.onInvalid('surgery', 3)
  count.onPulled('surgery', 'answered', 0.2)
  const lines = (await metrics.registry.metrics()).split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      'chesil_messages_total{source="surgery",outcome="refused",service="test"} 1',
      'chesil_invalid_resources_total{source="surgery",service="test"} 3',
      'chesil_pull_seconds_count{service="test",source="surgery",outcome="answered"} 1'
    ])
  )
})
