import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { createOutbound, type Outbound, type OutboundOptions } from '../../src/index.ts'

export const loopback = ['127.0.0.0/8', '::1/128']

/** A server on loopback that ends with the test. */
export interface TestServer {
  readonly port: number
  /** Without a trailing slash. */
  readonly url: string
  /** Connections so far. */
  readonly connections: () => number
  /** Of them, those that the other end has not closed. */
  readonly open: () => number
}

async function listen(
  server: Server,
  { protocol = 'http', host = '127.0.0.1', port = 0 }
): Promise<TestServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('end', () => sockets.delete(socket))
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(port, host)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    url: `${protocol}://${host}:${bound}`,
    connections: () => connections,
    open: () => sockets.size
  }
}

export const serve = (listener: RequestListener, where: { host?: string; port?: number } = {}) =>
  listen(createHttpServer(listener), where)

export const serveTls = (options: ServerOptions, listener: RequestListener) =>
  listen(createHttpsServer(options, listener), { protocol: 'https' })

/** Bytes, where no HTTP server would behave so badly. Called once a request has begun to arrive. */
export const serveRaw = (answer: (socket: Socket) => void) =>
  listen(
    createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.once('data', () => answer(socket))
    }),
    {}
  )

/** An outbound that may call loopback, and ends with the test. */
export function openOutbound(options: OutboundOptions = {}): Outbound {
  const outbound = createOutbound({ allowedAddresses: loopback, ...options })
  onTestFinished(() => outbound.close())
  return outbound
}

/** Begins, and then goes on a little at a time for as long as the test lasts. */
export function drip(socket: Writable, start: string, piece: string): void {
  socket.write(start)
  const timer = setInterval(() => socket.write(piece), 20)
  onTestFinished(() => clearInterval(timer))
}
