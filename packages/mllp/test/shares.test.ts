import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { createConnection } from '../src/connection.ts'
import { createMllpListener, type MllpListener, type MllpListenerOptions, toFrame } from '../src/index.ts'

const listeners: MllpListener[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(listeners.splice(0).map((one) => one.close(100)))
})

async function listen(options: Partial<MllpListenerOptions>) {
  const broken: string[] = []
  const refused: string[] = []
  const counts = { frames: 0, open: 0 }
  const listener = await createMllpListener({
    host: '127.0.0.1',
    port: 0,
    mayConnect: () => true,
    handle: async (frame) => [frame],
    onBroken: (reason) => broken.push(reason),
    onRefused: (reason) => refused.push(reason),
    onFrame: () => void counts.frames++,
    onConnections: (open) => {
      counts.open = open
    },
    ...options
  })
  listeners.push(listener)
  /** From another address of this machine, as another sender. */
  const open = async (localAddress = '127.0.0.1') => {
    const socket = connect({ port: listener.port, host: '127.0.0.1', localAddress })
    sockets.push(socket.on('error', () => undefined))
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
    return socket
  }
  return { open, broken, refused, counts }
}

const frameOf = (size: number) => toFrame(Buffer.alloc(size, 'x'))
const never = () => new Promise<never>(() => undefined)
/** Long enough for a byte to be read, were it read. */
const aWhile = () => sleep(60)

/** A piece of a frame, and a moment to arrive. */
async function begin(socket: Socket, size: number): Promise<void> {
  socket.write(frameOf(2_000_000).subarray(0, size))
  await sleep(20)
}

test('what a handler still has counts after its connection has gone', async () => {
  const { open, counts } = await listen({ handle: never, maxHeldBytes: 30_000 })
  for (let at = 0; at < 12; at++) {
    const socket = await open()
    socket.write(frameOf(10_000))
    await sleep(15)
    socket.resetAndDestroy()
  }
  await aWhile()
  // The third is full, the fourth was too much: nobody is read from any more.
  expect(counts.frames).toBeLessThanOrEqual(4)
})

test('frames that have begun wait, too, as long as handlers may make room', async () => {
  let answer: () => void = () => undefined
  const { open, counts } = await listen({
    handle: (frame) => new Promise((resolve) => (answer = () => resolve([frame]))),
    maxHeldBytes: 30_000,
    maxFrameBytes: 2_000_000
  })
  const half = await open()
  await begin(half, 10_000)
  const whole = await open()
  whole.write(frameOf(25_000))
  await aWhile()
  half.write(Buffer.concat([Buffer.from('x'), Buffer.of(0x1c, 0x0d)]))
  await aWhile()
  expect(counts.frames).toBe(1)
  answer()
  await vi.waitFor(() => expect(counts.frames).toBe(2))
})

test('begun frames that hold all there is end one after the other', async () => {
  const { open, counts } = await listen({ maxHeldBytes: 30_000, maxFrameBytes: 2_000_000 })
  const senders = await Promise.all(Array.from({ length: 6 }, () => open()))
  await Promise.all(senders.map((sender) => begin(sender, 20_000)))
  for (const sender of senders)
    sender.write(Buffer.concat([Buffer.alloc(20_000, 'y'), Buffer.of(0x1c, 0x0d)]))
  await vi.waitFor(() => expect(counts.frames).toBe(6))
})

test('who is held back for others is not late', async () => {
  const { open, broken, counts } = await listen({
    handle: async (frame) => {
      await sleep(300)
      return [frame]
    },
    frameMs: 100,
    maxHeldBytes: 30_000
  })
  const innocent = await Promise.all([open(), open()])
  for (const socket of innocent) socket.write(frameOf(100).subarray(0, 50))
  await sleep(20)
  const large = await open()
  large.write(frameOf(40_000))
  await sleep(20)
  for (const socket of innocent) socket.write(frameOf(100).subarray(50))
  await vi.waitFor(() => expect(counts.frames).toBe(3), 2_000)
  expect(broken).toEqual([])
})

test('an address has so many connections, and leaves the others theirs', async () => {
  const { open, refused, counts } = await listen({ maxConnections: 6, maxConnectionsPerPeer: 3 })
  for (let at = 0; at < 6; at++) await open('127.0.0.2')
  await vi.waitFor(() => expect(refused).toEqual(['share', 'share', 'share']))
  const other = await open('127.0.0.3')
  other.write(frameOf(10))
  await vi.waitFor(() => expect(counts.frames).toBe(1))
  for (const socket of sockets) if (socket !== other) socket.destroy()
  await vi.waitFor(() => expect(counts.open).toBe(1))
  await open('127.0.0.2')
  await vi.waitFor(() => expect(counts.open).toBe(2))
})

test('an address holds so many bytes, and leaves the others theirs', async () => {
  const { open, counts } = await listen({
    handle: never,
    maxHeldBytes: 1_000_000,
    maxHeldBytesPerPeer: 30_000
  })
  for (let at = 0; at < 6; at++) (await open('127.0.0.2')).write(frameOf(20_000))
  await aWhile()
  expect(counts.frames).toBeLessThan(6)
  const flooded = counts.frames
  ;(await open('127.0.0.3')).write(frameOf(20_000))
  await vi.waitFor(() => expect(counts.frames).toBe(flooded + 1))
})

test.each([
  ['junk', Buffer.alloc(100_000, 'x')],
  ['a frame too large', frameOf(50_000)]
])('a peer that reads nothing and sends %s does not stay', { timeout: 15_000 }, async (_what, bytes) => {
  const { open, counts } = await listen({
    // More than the kernel's buffers take, less than ours would wait for.
    handle: async () => Array.from({ length: 400 }, () => Buffer.alloc(15_000)),
    maxFrameBytes: 10_000,
    frameMs: 400
  })
  const socket = await open()
  socket.pause()
  socket.write(Buffer.concat([frameOf(10), bytes]))
  await vi.waitFor(() => expect(counts.open).toBe(1))
  await vi.waitFor(() => expect(counts.open).toBe(0), 6_000)
})

test('nor one whose last reply is written and never taken', { timeout: 15_000 }, async () => {
  // The kernel's buffers are full: what is written stays in ours.
  const stuck = new Duplex({ highWaterMark: 1_000_000, read: () => undefined, write: () => undefined })
  const socket = Object.assign(stuck, { destroySoon: () => void stuck.end() }) as Socket
  const broken: string[] = []
  createConnection(
    socket,
    { id: 1 },
    {
      maxFrameBytes: 1_000,
      maxFramesInHand: 4,
      idleMs: 1_000,
      frameMs: 1_000,
      maxBytesPerSecond: 1_000_000,
      restMs: 50,
      maxRestMs: 1_000,
      handle: async (frame) => [frame],
      onFrame: () => undefined,
      onTaken: () => undefined,
      onHeld: () => undefined,
      onBroken: (reason) => broken.push(reason)
    }
  )
  socket.push(Buffer.concat([frameOf(10), frameOf(5_000)]))
  await vi.waitFor(() => expect(socket.destroyed).toBe(true), 6_000)
  expect(broken).toEqual(['too-large'])
})

test('a handler that never answers does not keep a connection that was ended', {
  timeout: 15_000
}, async () => {
  const { open, counts, broken } = await listen({ handle: never, frameMs: 100 })
  const socket = await open()
  socket.end(frameOf(10))
  await vi.waitFor(() => expect(counts.frames).toBe(1))
  await vi.waitFor(() => expect(counts.open).toBe(0), 6_000)
  expect(broken).toEqual(['handler'])
})
