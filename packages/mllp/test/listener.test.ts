import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import {
  createMllpListener,
  createMllpSender,
  type MllpListener,
  type MllpListenerOptions,
  type MllpSender,
  toFrame
} from '../src/index.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const echo = async (frame: Buffer) => [bytes(`ack ${frame.toString('latin1')}`)]
const echoAfter = (ms: number) => async (frame: Buffer) => {
  await sleep(ms)
  return [frame]
}

const listeners: MllpListener[] = []
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((one) => one.close(200)))
})

async function listen(options: Partial<MllpListenerOptions> = {}) {
  const broken: string[] = []
  const refused: string[] = []
  const listener = await createMllpListener({
    host: '127.0.0.1',
    port: 0,
    mayConnect: () => true,
    handle: echo,
    onBroken: (reason) => broken.push(reason),
    onRefused: (reason) => refused.push(reason),
    ...options
  })
  listeners.push(listener)
  const connect = () => createMllpSender({ host: '127.0.0.1', port: listener.port, timeoutMs: 5_000 })
  return { listener, connect, broken, refused }
}

const send = async (sender: MllpSender, text: string) => (await sender.send(bytes(text))).toString('latin1')

describe('replies', () => {
  test('answer each frame', async () => {
    const { connect } = await listen()
    const sender = await connect()
    expect(await send(sender, 'one')).toBe('ack one')
    expect(await send(sender, 'two')).toBe('ack two')
  })

  test('come in the order of the frames, however long each takes', async () => {
    const { connect } = await listen({
      handle: async (frame) => {
        await sleep(20 - Number(frame.toString()) * 2)
        return [frame]
      }
    })
    const sender = await connect()
    const sent = Array.from({ length: 10 }, (_, at) => String(at))
    expect(await Promise.all(sent.map((text) => send(sender, text)))).toEqual(sent)
  })

  test('may be none, or two', async () => {
    const { connect } = await listen({
      handle: async (frame) =>
        frame.toString() === 'none' ? [] : frame.toString() === 'two' ? [bytes('1'), bytes('2')] : [frame]
    })
    const sender = await connect()
    await sender.write(toFrame(bytes('none')))
    expect(await Promise.all([send(sender, 'two'), send(sender, 'one')])).toEqual(['1', '2'])
  })

  test('reach a sender that has closed its side', async () => {
    const { connect } = await listen({ handle: echoAfter(50) })
    const sender = await connect()
    const reply = send(sender, 'last')
    void sender.close()
    expect(await reply).toBe('last')
  })

  test('fail with the connection when no answer can be given', async () => {
    const { connect, broken } = await listen({ handle: () => Promise.reject(new Error('defect')) })
    await expect(send(await connect(), 'one')).rejects.toThrow('ended before the reply')
    expect(broken).toEqual(['handler'])
  })
})

test('so many frames of a connection are in hand, and no more', async () => {
  let inHand = 0
  let most = 0
  const { connect } = await listen({
    maxFramesInHand: 4,
    handle: async (frame) => {
      most = Math.max(most, ++inHand)
      await sleep(1)
      inHand--
      return [frame]
    }
  })
  const sender = await connect()
  const sent = Array.from({ length: 300 }, (_, at) => `${at}`.padEnd(1_000, 'x'))
  expect(await Promise.all(sent.map((text) => send(sender, text)))).toEqual(sent)
  expect(most).toBe(4)
})

test('above what all may hold together nobody is read from, until there is room', async () => {
  const { connect } = await listen({
    maxHeldBytes: 20_000,
    handle: echoAfter(2)
  })
  const senders = await Promise.all([connect(), connect(), connect()])
  const answers = senders.flatMap((sender) =>
    Array.from({ length: 40 }, (_, at) => send(sender, `${at}`.padEnd(4_000, 'x')))
  )
  expect(await Promise.all(answers)).toHaveLength(120)
})

describe('what goes wrong on one connection', () => {
  test('a frame beyond the limit ends it, after the answers to what came before', async () => {
    const { connect, broken } = await listen({ maxFrameBytes: 1_000 })
    const sender = await connect()
    const first = send(sender, 'fine')
    void sender.write(bytes(`\x0b${'x'.repeat(5_000)}`))
    expect(await first).toBe('ack fine')
    await sender.closed
    expect(broken).toEqual(['too-large'])
  })

  test('a frame inside another is answered, the unended one is not, and the connection lives', async () => {
    const { connect, broken } = await listen()
    const sender = await connect()
    await sender.write(bytes('\x0bhalf'))
    expect(await send(sender, 'whole')).toBe('ack whole')
    expect(await send(sender, 'next')).toBe('ack next')
    expect(broken).toEqual(['restarted'])
  })

  test('a frame that takes too long ends it', async () => {
    const { connect, broken } = await listen({ frameMs: 60 })
    const sender = await connect()
    await sender.write(bytes('\x0bslo'))
    for (let at = 0; at < 8; at++) {
      await sleep(15)
      await sender.write(bytes('o')).catch(() => undefined)
    }
    await sender.closed
    expect(broken).toEqual(['slow'])
  })

  test('a frame is not late while its turn to be read has not come', async () => {
    const { connect, broken } = await listen({
      frameMs: 100,
      maxFramesInHand: 1,
      handle: echoAfter(150)
    })
    const sender = await connect()
    const replies = ['a', 'b', 'c'].map((text) => send(sender, text))
    expect(await Promise.all(replies)).toEqual(['a', 'b', 'c'])
    expect(broken).toEqual([])
  })

  test('silence ends it, quietly', async () => {
    const { connect, broken } = await listen({ idleMs: 40 })
    const sender = await connect()
    await send(sender, 'one')
    await sender.closed
    expect(broken).toEqual([])
  })

  test('bytes that are no MLLP end it', async () => {
    const { connect, broken } = await listen()
    const sender = await connect()
    await sender.write(bytes('GET / HTTP/1.1\r\n'.repeat(10_000))).catch(() => undefined)
    await sender.closed
    expect(broken).toEqual(['not-mllp'])
  })

  test('an end inside a frame is told', async () => {
    const { connect, broken } = await listen()
    const sender = await connect()
    await sender.write(bytes('\x0bhalf'))
    await sender.close()
    expect(broken).toEqual(['cut'])
  })
})

test('an address that may not connect is turned away', async () => {
  const { connect, refused } = await listen({ mayConnect: () => false })
  const sender = await connect().catch(() => undefined)
  await sender?.closed
  expect(refused).toEqual(['peer'])
})

test('more connections than allowed are turned away', async () => {
  const { connect, refused } = await listen({ maxConnections: 1 })
  const first = await connect()
  await send(first, 'one')
  const second = await connect().catch(() => undefined)
  await second?.closed
  expect(refused).toEqual(['full'])
  expect(await send(first, 'two')).toBe('ack two')
})

test('closing answers what is in hand, and takes nothing more', async () => {
  const { connect, listener } = await listen({ handle: echoAfter(100) })
  const sender = await connect()
  const reply = send(sender, 'in hand')
  await sleep(30)
  const closed = listener.close()
  const late = send(sender, 'late')
  expect(await reply).toBe('in hand')
  await expect(late).rejects.toThrow('ended before the reply')
  await closed
  await expect(connect()).rejects.toThrow()
})
