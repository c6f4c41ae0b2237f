import type { RequestListener } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import {
  answerWith,
  type Changes,
  connect,
  fhir,
  html,
  outcomeOf,
  question,
  record
} from './support/practice.ts'
import { serve } from './support/servers.ts'

describe('a practice that is unwell', () => {
  const breaker = { failures: 5, resetMs: 100 }

  async function ask(listener: RequestListener, times: number, changes: Changes = {}) {
    const server = await serve(listener)
    const { client } = connect(server, { breaker, ...changes })
    const outcomes: string[] = []
    for (let i = 0; i < times; i++) outcomes.push((await client.readStructuredRecord(question)).outcome)
    return { client, server, outcomes }
  }

  test.each<[string, RequestListener, Changes]>([
    ['fails', answerWith(500, outcomeOf('INTERNAL_SERVER_ERROR')), {}],
    ['is overloaded', answerWith(429, ''), {}],
    ['gives garbage', answerWith(200, '<html>', html), {}],
    ['redirects', answerWith(302, '', { location: '/' }), {}],
    ['resets', (request) => request.socket.resetAndDestroy(), {}],
    ['hangs', () => undefined, { limits: { timeoutMs: 30 } }]
  ])('and %s is asked five times, then left alone', async (_, listener, changes) => {
    const { client, outcomes } = await ask(listener, 7, {
      ...changes,
      breaker: { ...breaker, resetMs: 60_000 }
    })
    expect(outcomes.slice(0, 5)).not.toContain('breaker-open')
    expect(outcomes.slice(5)).toEqual(['breaker-open', 'breaker-open'])
    expect(client.state()).toBe('open')
  })

  test.each<[string, RequestListener]>([
    ['does not disclose', answerWith(404, outcomeOf('PATIENT_NOT_FOUND'))],
    ['refuses by consent', answerWith(403, outcomeOf('NO_PATIENT_CONSENT'))],
    ['refuses us', answerWith(403, outcomeOf('ACCESS DENIED'))],
    ['refuses the question', answerWith(422, outcomeOf('INVALID_PARAMETER'))]
  ])('is another than one that %s: that is asked on', async (_, listener) => {
    const { client, outcomes } = await ask(listener, 12)
    expect(outcomes).not.toContain('breaker-open')
    expect(client.state()).toBe('closed')
  })

  test('is tried again after a while, and asked as ever once it answers', async () => {
    let isWell = false
    const { client, server } = await ask((_, response) => {
      response.writeHead(isWell ? 200 : 500, fhir).end(record)
    }, 5)
    expect(client.state()).toBe('open')
    isWell = true
    await vi.waitFor(async () => {
      expect(await client.readStructuredRecord(question)).toMatchObject({ outcome: 'answered' })
    })
    expect(client.state()).toBe('closed')
    expect(server.connections()).toBeGreaterThan(0)
  })

  test('is not one whose readers give up', async () => {
    const server = await serve(() => undefined)
    const { client } = connect(server, { breaker })
    for (let i = 0; i < 8; i++) {
      const signal = AbortSignal.timeout(20)
      expect(await client.readStructuredRecord({ ...question, signal })).toEqual({ outcome: 'timed-out' })
    }
    expect(client.state()).toBe('closed')
  })

  test('slows nobody else', async () => {
    const hanging = connect(await serve(() => undefined), { limits: { timeoutMs: 1_000 } })
    const healthy = connect(await serve(answerWith(200, record)))
    let stuck = 4
    const pending = Array.from({ length: 4 }, () =>
      hanging.client.readStructuredRecord(question).finally(() => stuck--)
    )
    for (let i = 0; i < 20; i++) {
      expect(await healthy.client.readStructuredRecord(question)).toMatchObject({ outcome: 'answered' })
    }
    expect(stuck).toBe(4)
    expect(await Promise.all(pending)).toEqual(Array(4).fill({ outcome: 'timed-out' }))
  })

  test('is asked no more at a time than was agreed', async () => {
    let atOnce = 0
    let most = 0
    const server = await serve((_, response) => {
      most = Math.max(most, ++atOnce)
      setTimeout(() => {
        atOnce--
        response.writeHead(200, fhir).end(record)
      }, 50)
    })
    const { client } = connect(server, { limits: { concurrency: 2 } })
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => client.readStructuredRecord(question)))
    expect(most).toBe(2)
    expect(outcomes.filter(({ outcome }) => outcome === 'answered')).toHaveLength(2)
    expect(outcomes.filter((each) => 'code' in each && each.code === 'busy')).toHaveLength(3)
    expect(client.state()).toBe('closed')
  })
})
