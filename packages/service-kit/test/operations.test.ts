import { describe, expect, test } from 'vitest'
import { createLogger, createMetrics, createOperations, type Operations } from '../src/index.ts'

const lines: string[] = []
const log = createLogger('test', 'trace', { write: (line) => void lines.push(line) })

function open(operations: Operations) {
  const metrics = createMetrics('test')
  metrics.counter('chesil_things_total', 'Things').inc(3)
  return createOperations({ log, metrics, operations })
}
const ready = async () => true

describe('/readyz', () => {
  test.each<[string, Operations, number, object]>([
    ['ready', { ready }, 200, { status: 'ready', degraded: {} }],
    [
      'ready, naming what is worse than usual',
      { ready, degraded: () => ({ redis: 'away' }) },
      200,
      { status: 'ready', degraded: { redis: 'away' } }
    ],
    [
      'not ready when it cannot work',
      { ready: async () => false },
      503,
      { status: 'not ready', degraded: {} }
    ],
    [
      'not ready when Postgres cannot be asked, and does not say why',
      {
        ready: () => Promise.reject(new Error('postgres://user:hunter2@host')),
        degraded: () => ({ redis: 'away' })
      },
      503,
      { status: 'not ready', degraded: { redis: 'away' } }
    ]
  ])('is %s', async (_case, operations, status, body) => {
    const response = await open(operations).inject('/readyz')
    expect(response.statusCode).toBe(status)
    expect(response.json()).toEqual(body)
  })
})

test('/livez answers though Postgres is away', async () => {
  const response = await open({ ready: async () => false }).inject('/livez')
  expect([response.statusCode, response.json()]).toEqual([200, { status: 'live' }])
})

test('/metrics has the service’s own and those of its process', async () => {
  const response = await open({ ready }).inject('/metrics')
  expect(response.headers['content-type']).toMatch(/^text\/plain/)
  expect(response.body).toContain('chesil_things_total{service="test"} 3')
  expect(response.body).toContain('process_cpu_seconds_total')
})

test('an unknown address is answered without being logged', async () => {
  const response = await open({ ready }).inject('/Patient/9990000018')
  expect(response.statusCode).toBe(404)
  expect(response.body + lines.join('')).not.toContain('9990000018')
})
