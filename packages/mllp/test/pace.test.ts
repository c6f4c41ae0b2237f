import { once } from 'node:events'
import { connect as netConnect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  createMllpListener,
  createMllpSender,
  type MllpListener,
  type MllpListenerOptions,
  type MllpSender
} from '../src/index.ts'

/** Whoever sends what is of no use waits for it, and nobody else does. */
const parts: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(parts.splice(0).map((one) => one.close()))
})

async function listen(options: Partial<MllpListenerOptions> = {}) {
  const broken: string[] = []
  const listener: MllpListener = await createMllpListener({
    host: '127.0.0.1',
    port: 0,
    mayConnect: () => true,
    handle: async (frame) =>
      frame.toString() === 'junk' ? { refusal: [Buffer.from('no')] } : [Buffer.from('yes')],
    onBroken: (reason) => broken.push(reason),
    restMs: 100,
    maxRestMs: 400,
    ...options
  })
  parts.push({ close: () => listener.close(200) })
  /** For what no sender would send. */
  const open = async (): Promise<Socket> => {
    const socket = netConnect({ host: '127.0.0.1', port: listener.port }).on('error', () => undefined)
    await once(socket, 'connect')
    parts.push({ close: async () => void socket.destroy() })
    return socket
  }
  const connect = async (): Promise<MllpSender> => {
    const sender = await createMllpSender({ host: '127.0.0.1', port: listener.port, timeoutMs: 5_000 })
    parts.push(sender)
    return sender
  }
  return { connect, open, broken }
}

/** @returns ms until it was answered. */
async function timeOf(sender: MllpSender, text: string): Promise<number> {
  const startedAt = performance.now()
  await sender.send(Buffer.from(text))
  return performance.now() - startedAt
}

describe('a connection whose frame was refused', () => {
  test('waits longer with each refusal in a row, up to a limit', async () => {
    const { connect } = await listen()
    const sender = await connect()
    for (let n = 0; n < 3; n++) expect(await timeOf(sender, 'junk')).toBeLessThan(90)
    const waits = []
    for (let n = 0; n < 4; n++) waits.push(await timeOf(sender, 'junk'))
    for (const [at, least] of [95, 195, 395, 395].entries()) expect(waits[at]).toBeGreaterThan(least)
    expect(waits[3]).toBeLessThan(700)
  })

  test('is quick again once a frame of it was taken', async () => {
    const { connect } = await listen()
    const sender = await connect()
    for (const text of ['junk', 'junk', 'junk', 'good']) await timeOf(sender, text)
    expect(await timeOf(sender, 'good')).toBeLessThan(90)
  })

  test('does not slow down another of the same address', async () => {
    const { connect } = await listen()
    const [unwell, well] = [await connect(), await connect()]
    for (let n = 0; n < 5; n++) await timeOf(unwell, 'junk')
    const late = timeOf(unwell, 'junk')
    expect(await timeOf(well, 'good')).toBeLessThan(90)
    expect(await late).toBeGreaterThan(300)
  })

  test('is still answered for every frame, in their order', async () => {
    const { connect } = await listen()
    const sender = await connect()
    const texts = ['good', 'junk', 'junk', 'junk', 'junk', 'good', 'junk', 'good']
    const replies = await Promise.all(texts.map((text) => sender.send(Buffer.from(text))))
    expect(replies.map(String)).toEqual(texts.map((text) => (text === 'junk' ? 'no' : 'yes')))
  })
})

test('more bytes than a connection may send in a second take longer than a second', async () => {
  const { connect } = await listen({ maxBytesPerSecond: 100_000 })
  const sender = await connect()
  const large = 'x'.repeat(90_000)
  expect(await timeOf(sender, large)).toBeLessThan(400)
  // What is left of the allowance is used up by these.
  await timeOf(sender, large)
  expect(await timeOf(sender, large)).toBeGreaterThan(600)
})

test('of a large message no more than 1 MiB comes at once', async () => {
  const { connect } = await listen({ maxBytesPerSecond: 4 * 2 ** 20 })
  const sender = await connect()
  expect(await timeOf(sender, 'x'.repeat(3 * 2 ** 20))).toBeGreaterThan(400)
})

test('a small frame counts for 1 KiB', async () => {
  const { connect } = await listen({ maxBytesPerSecond: 10_240 })
  const sender = await connect()
  const startedAt = performance.now()
  for (let n = 0; n < 20; n++) await timeOf(sender, 'good')
  expect(performance.now() - startedAt).toBeGreaterThan(800)
})

test('after three that were broken off, the next connection of an address begins with a rest', async () => {
  const { connect, broken } = await listen({ maxFrameBytes: 1_000 })
  const established = await connect()
  for (let n = 1; n <= 3; n++) {
    const unwell = await connect()
    await unwell.send(Buffer.alloc(5_000, 'x')).catch(() => undefined)
    await vi.waitFor(() => expect(broken).toHaveLength(n))
  }
  const next = await connect()
  await sleep(10)
  expect(await timeOf(established, 'good')).toBeLessThan(80)
  expect(await timeOf(next, 'good')).toBeGreaterThan(20)
  expect(await timeOf(next, 'good')).toBeLessThan(80)
})

test('an address whose large frames never end is read from ever more slowly; its established connections are not', async () => {
  const { connect, open, broken } = await listen({ maxBytesPerSecond: 64 * 2 ** 20 })
  const established = await connect()
  for (let n = 1; n <= 5; n++) {
    const socket = await open()
    socket.write(Buffer.concat([Buffer.of(0x0b), Buffer.alloc(1.5 * 2 ** 20, 'x')]))
    await sleep(500)
    socket.destroy()
    await vi.waitFor(() => expect(broken).toHaveLength(n))
  }
  expect(broken).toEqual(Array.from({ length: 5 }, () => 'unended'))
  const large = 'x'.repeat(5 * 2 ** 20)
  const next = await connect()
  await sleep(500)
  expect(await timeOf(next, large)).toBeGreaterThan(450)
  // What was taken puts it right.
  expect(await timeOf(next, large)).toBeLessThan(400)
  expect(await timeOf(established, large)).toBeLessThan(400)
})

test('an address that has sent something of use is read from as before, however often it loses its line', async () => {
  const { connect, open, broken } = await listen({ maxBytesPerSecond: 64 * 2 ** 20 })
  expect(await timeOf(await connect(), 'good')).toBeLessThan(200)
  for (let n = 1; n <= 5; n++) {
    const socket = await open()
    socket.write(Buffer.concat([Buffer.of(0x0b), Buffer.alloc(1.5 * 2 ** 20, 'x')]))
    await sleep(100)
    socket.destroy()
    await vi.waitFor(() => expect(broken).toHaveLength(n))
  }
  expect(broken).toEqual(Array.from({ length: 5 }, () => 'unended'))
  expect(await timeOf(await connect(), 'x'.repeat(5 * 2 ** 20))).toBeLessThan(400)
})

test('a connection that begins frame after frame and ends none is ended as one that is silent', async () => {
  const { open, broken } = await listen({ idleMs: 300 })
  const socket = await open()
  const timer = setInterval(() => socket.write(Buffer.of(0x0b)), 50)
  await vi.waitFor(() => expect(broken).toContain('cut'), 5_000)
  clearInterval(timer)
})
