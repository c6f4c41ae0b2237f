import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFaultProxy, type FaultProxy } from '../support/fault-proxy.ts'

/** Answers each line with the same line twice, and counts what arrived and what ended. */
interface Echo {
  readonly server: Server
  readonly sockets: Set<Socket>
  received: string
  ended: number
}

let echo: Echo
let proxy: FaultProxy
const clients = new Set<Socket>()

beforeEach(async () => {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      echo.received += chunk.toString()
      socket.write(`${chunk}${chunk}`)
    })
    socket.on('end', () => {
      echo.ended += 1
      socket.end()
    })
  })
  echo = { server, sockets, received: '', ended: 0 }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await createFaultProxy({
    target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  })
})

afterEach(async () => {
  for (const client of clients) client.destroy()
  clients.clear()
  await proxy.close()
  for (const socket of echo.sockets) socket.destroy()
  echo.server.close()
})

interface Client {
  readonly socket: Socket
  text: string
  ended: boolean
  error: string | undefined
}

async function open(): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true })
  clients.add(socket)
  const client: Client = { socket, text: '', ended: false, error: undefined }
  socket.on('data', (chunk) => {
    client.text += chunk.toString()
  })
  socket.on('end', () => {
    client.ended = true
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    client.error = error.code
  })
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
    socket.once('close', () => resolve())
  })
  return client
}

async function until(condition: () => boolean, withinMs = 2_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!condition() && performance.now() < deadline) await sleep(5)
  expect(condition()).toBe(true)
}

const said = (client: Client, text: string) => until(() => client.text === text)

describe('without a fault', () => {
  test('both directions pass', async () => {
    const client = await open()
    client.socket.write('hello')
    await said(client, 'hellohello')
    expect(echo.received).toBe('hello')
  })

  test('the end passes in both directions, after what was sent before', async () => {
    const client = await open()
    client.socket.end('bye')
    await until(() => client.ended)
    expect(client.text).toBe('byebye')
    expect(echo.ended).toBe(1)
  })

  test('a megabyte arrives as it was', async () => {
    const client = await open()
    const block = '0123456789abcdef'.repeat(65_536)
    client.socket.write(block)
    await until(() => client.text.length === 2 * block.length)
    expect(echo.received).toBe(block)
  })

  test('a target that is away resets the client', async () => {
    const away = await createFaultProxy({ target: { host: '127.0.0.1', port: 1 } })
    const socket = connect({ host: '127.0.0.1', port: away.port })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    await away.close()
  })
})

describe.each(['an open connection', 'a new connection'] as const)('on %s', (which) => {
  /** The fault comes after or before the client does. */
  async function openWith(fault: Parameters<FaultProxy['set']>[0]): Promise<Client> {
    if (which === 'a new connection') proxy.set(fault)
    const client = await open()
    if (which === 'an open connection') {
      client.socket.write('.')
      await said(client, '..')
      client.text = ''
      echo.received = ''
      proxy.set(fault)
    }
    return client
  }

  test('a delay makes the answer late by both ways, once for all that is sent together', async () => {
    const client = await openWith({ kind: 'delay', ms: 60 })
    const start = performance.now()
    client.socket.write('a')
    await sleep(20)
    client.socket.write('b')
    await until(() => client.text.length === 4)
    const tookMs = performance.now() - start
    expect(tookMs).toBeGreaterThanOrEqual(130)
    expect(tookMs).toBeLessThan(400)
  })

  test('a cut resets', async () => {
    const client = await openWith({ kind: 'cut' })
    await until(() => client.error === 'ECONNRESET')
  })

  test('a black hole swallows without ending, and gives back when it closes', async () => {
    const client = await openWith({ kind: 'blackHole' })
    client.socket.write('hello')
    await sleep(100)
    expect(client).toMatchObject({ text: '', ended: false, error: undefined })
    expect(echo.received).toBe('')
    proxy.set({ kind: 'none' })
    await said(client, 'hellohello')
  })

  test('an end does not pass a black hole', async () => {
    const client = await openWith({ kind: 'blackHole' })
    for (const socket of echo.sockets) socket.end()
    client.socket.end()
    await sleep(100)
    expect(client.ended).toBe(false)
    expect(echo.ended).toBe(0)
  })

  test('a half-close ends the answer and still takes the request', async () => {
    const client = await openWith({ kind: 'halfClose' })
    await until(() => client.ended)
    client.socket.write('hello')
    await until(() => echo.received === 'hello')
    expect(client).toMatchObject({ text: '', error: undefined })
  })

  test('a truncation ends the answer after so many bytes', async () => {
    const client = await openWith({ kind: 'truncate', afterBytes: 7 })
    client.socket.write('hello')
    await until(() => client.ended)
    expect(client).toMatchObject({ text: 'hellohe', error: undefined })
  })

  test('a truncation counts over several answers', async () => {
    const client = await openWith({ kind: 'truncate', afterBytes: 5 })
    client.socket.write('ab')
    await said(client, 'abab')
    expect(client.ended).toBe(false)
    client.socket.write('cd')
    await until(() => client.ended)
    expect(client.text).toBe('ababc')
  })

  test('a drip lets so many bytes a second through', async () => {
    const client = await openWith({ kind: 'drip', bytesPerSecond: 100 })
    client.socket.write('x'.repeat(500))
    await sleep(400)
    expect(client.text.length).toBeGreaterThan(10)
    expect(client.text.length).toBeLessThan(80)
    expect(client.ended).toBe(false)
    expect(echo.received).toHaveLength(500)
  })

  test('the rest of a drip comes at once when it is over', async () => {
    const client = await openWith({ kind: 'drip', bytesPerSecond: 10 })
    client.socket.write('x'.repeat(500))
    await until(() => client.text.length > 0)
    proxy.set({ kind: 'none' })
    await until(() => client.text.length === 1_000, 500)
  })
})

test('a closed proxy leaves nothing open', async () => {
  const client = await open()
  const other = await createFaultProxy({ target: { host: '127.0.0.1', port: proxy.port } })
  await other.close()
  await proxy.close()
  await until(() => client.socket.destroyed)
  expect((await open()).error).toBe('ECONNREFUSED')
  proxy = await createFaultProxy({ target: { host: '127.0.0.1', port: 1 } })
})
