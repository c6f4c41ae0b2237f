import { setTimeout as sleep } from 'node:timers/promises'
import { createMllpListener, type MllpListener } from '@chesil/mllp'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ SANDBOX_TRUSTS: '1', SANDBOX_PEOPLE: '6' })
})
afterAll(() => sandbox.app.close())

const listeners: MllpListener[] = []
afterEach(async () => {
  await sandbox.app.inject({ method: 'POST', url: '/control/reset' })
  await Promise.all(listeners.splice(0).map((listener) => listener.close()))
})

interface Message {
  readonly name: string
  readonly event: string
  readonly controlId: string
}

const controlIdIn = (frame: Buffer): string => frame.toString('latin1').split('\r')[0]?.split('|')[9] ?? ''
const acknowledge = (frame: Buffer, code = 'AA'): Buffer =>
  Buffer.from(`MSH|^~\\&|CHESIL|CHESIL|PAS|R9Z|20261121||ACK|1|P|2.4\rMSA|${code}|${controlIdIn(frame)}\r`)

/** A listener that answers each frame with what `answer` makes of it; none is no answer. */
async function listen(answer: (frame: Buffer) => Buffer | undefined = acknowledge) {
  const frames: Buffer[] = []
  const listener = await createMllpListener({
    host: '127.0.0.1',
    port: 0,
    mayConnect: () => true,
    async handle(frame) {
      frames.push(frame)
      const reply = answer(frame)
      return reply ? [reply] : []
    }
  })
  listeners.push(listener)
  return { frames, address: `127.0.0.1:${listener.port}` }
}

const control = async (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) => {
  const url = `/control/trusts/R9Z/${path}`
  return sandbox.app.inject(payload ? { method, url, payload } : { method, url })
}

/** Waits for whatever was started to end. */
async function finished(path: 'play' | 'nuisance') {
  for (;;) {
    const report = (await control('GET', path)).json()
    if (report.state !== 'running') return report
    await sleep(5)
  }
}

const fast = { ratePerSecond: 10_000, people: 3 }

describe('a play', () => {
  test('sends each message of the day once, and counts what was acknowledged', async () => {
    const { frames, address } = await listen()
    expect((await control('POST', 'play', { address, ...fast })).statusCode).toBe(202)
    const report = await finished('play')
    const day = (await control('GET', 'day?people=3')).json()
    expect(report).toMatchObject({ state: 'finished', planned: day.length, sent: day.length, resent: 0 })
    expect(report.acknowledged).toEqual({ AA: day.length, AE: 0, AR: 0, other: 0 })
    expect(frames.map(controlIdIn).sort()).toEqual(day.map(({ controlId }: Message) => controlId).sort())
    expect((await control('GET', 'play/answers')).json()).toHaveLength(day.length)
  })

  test('keeps the order of what is told of one person', async () => {
    const { frames, address } = await listen()
    await control('POST', 'play', { address, ratePerSecond: 10_000, people: 1, connections: 8 })
    await finished('play')
    const day = (await control('GET', 'day?people=1')).json()
    expect(frames.map(controlIdIn)).toEqual(day.map(({ controlId }: Message) => controlId))
  })

  test('tells of as many people as it is asked for, at the rate it is asked for', async () => {
    const { address } = await listen()
    const request = {
      address,
      people: 2,
      ratePerSecond: 400,
      stories: ['inpatient', 'letter', 'text-report']
    }
    await control('POST', 'play', { ...request, rounds: 20 })
    const report = await finished('play')
    expect(report.seconds).toBeGreaterThan(((report.planned - 1) / 400) * 0.95)
    expect(report.acknowledgementMs.p50).toBeLessThan(1_000)
    const tooMany = await control('POST', 'play', { address, people: 10_000 })
    expect(tooMany.statusCode).toBe(400)
  })

  test('sends again what is not answered', async () => {
    const seen = new Set<string>()
    const { address } = await listen((frame) => {
      const isFirst = !seen.has(controlIdIn(frame))
      seen.add(controlIdIn(frame))
      return isFirst && seen.size % 20 === 1 ? undefined : acknowledge(frame)
    })
    await control('POST', 'play', { address, ...fast, ackTimeoutMs: 100 })
    const report = await finished('play')
    expect(report.resent).toBeGreaterThan(0)
    expect(report).toMatchObject({ unanswered: 0, acknowledged: { AA: report.planned } })
  })

  test('says what was not accepted, and what nobody answered', async () => {
    const { address } = await listen((frame) =>
      acknowledge(frame, frame.includes('ADT^A16') ? 'AR' : frame.includes('SIU^') ? 'AE' : 'AA')
    )
    await control('POST', 'play', { address, ...fast })
    const report = await finished('play')
    expect(report.acknowledged.AR).toBe(1)
    expect(report.acknowledged.AE).toBeGreaterThan(1)
    expect(report.notAccepted).toContain('unhandled-trigger-3/1-A16')
    await Promise.all(listeners.splice(0).map((listener) => listener.close()))
    await control('POST', 'play', {
      address,
      people: 1,
      ratePerSecond: 10_000,
      attempts: 1,
      stories: ['twin']
    })
    expect(await finished('play')).toMatchObject({ unanswered: 1, acknowledged: { AA: 0 } })
  })

  test('stops when it is asked to, and is the only one', async () => {
    const { address } = await listen()
    await control('POST', 'play', { address, ratePerSecond: 1 })
    expect((await control('POST', 'play', { address })).statusCode).toBe(409)
    expect((await control('DELETE', 'play')).json()).toMatchObject({ state: 'stopped' })
  })
})

describe('one message', () => {
  const nameOf = async (event: string) => {
    const day = (await control('GET', 'day')).json()
    return day.find((message: Message) => message.event === event).name
  }

  test('is sent by its name, and what it leads to is said', async () => {
    const { address } = await listen()
    const sent = await control('POST', 'send', { address, name: await nameOf('ADT^A16') })
    expect(sent.json()).toMatchObject({ code: 'AA', expectation: { effect: 'unprocessed' } })
    expect((await control('POST', 'send', { address, name: 'nothing' })).statusCode).toBe(404)
  })

  test('is written in the character set that it names, unless it is told not to', async () => {
    const { frames, address } = await listen()
    const accents = (await control('GET', 'day'))
      .json()
      .find((message: Message) => message.name.startsWith('accents-')).name
    await control('POST', 'send', { address, name: accents })
    expect(frames[0]?.includes(Buffer.from('RENÉ', 'latin1'))).toBe(true)
    expect(frames[0]?.includes('|8859/1|')).toBe(true)
  })

  test('that nobody answers is an error of the listener', async () => {
    const { address } = await listen(() => undefined)
    const sent = await control('POST', 'send', { address, name: await nameOf('ADT^A16'), ackTimeoutMs: 50 })
    expect(sent.statusCode).toBe(502)
    expect(
      (await control('POST', 'send', { address: 'nowhere', name: await nameOf('ADT^A16') })).statusCode
    ).toBe(400)
  })
})

describe('an engine gone wrong', () => {
  test.each(['noise', 'endless-frame', 'garbage-frames'])(
    'sends %s for as long as it is told',
    async (kind) => {
      const { address } = await listen()
      await control('POST', 'nuisance', { address, kind, seconds: 0.3, connections: 2 })
      const report = await finished('nuisance')
      expect(report).toMatchObject({ kind, state: 'finished' })
      expect(report.bytes).toBeGreaterThan(100_000)
    }
  )

  test.each(['hang', 'idle'])('holds its connections with %s', async (kind) => {
    const { frames, address } = await listen()
    await control('POST', 'nuisance', { address, kind, seconds: 0.2, connections: 3 })
    expect(await finished('nuisance')).toMatchObject({ connections: 3, closed: 0 })
    expect(frames).toEqual([])
  })
})

test('a trust that is not there has nothing to say', async () => {
  expect((await sandbox.app.inject('/control/trusts/R0A')).statusCode).toBe(404)
  expect((await control('GET', 'play')).statusCode).toBe(404)
  expect((await sandbox.app.inject('/control/trusts')).json()).toMatchObject([{ odsCode: 'R9Z' }])
})
