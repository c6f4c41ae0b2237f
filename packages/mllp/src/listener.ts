import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions as SecureServerOptions, TLSSocket } from 'node:tls'
import {
  type BrokenReason,
  type Connection,
  type ConnectionLimits,
  createConnection,
  type FrameHandler,
  type MllpPeer
} from './connection.ts'
import { createPlaces, type PlaceLimits } from './places.ts'

export interface TlsOptions {
  /** PEM */
  readonly certificate: string
  /** PEM */
  readonly key: string
  /** PEM: whose certificates peers must show. Absent: peers show none. */
  readonly clientAuthority?: string
}

export interface MllpListenerOptions extends Partial<ConnectionLimits>, Partial<PlaceLimits> {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly tls?: TlsOptions
  readonly handle: FrameHandler
  /** By address, before a byte is read. */
  readonly mayConnect: (address: string) => boolean
  readonly maxConnections?: number
  readonly onConnections?: (open: number) => void
  /**
   * `peer`: an address that may not connect. `share`: more connections than one address may have; `full`: than all
   * may. `tls`: the handshake failed.
   */
  readonly onRefused?: (reason: 'peer' | 'share' | 'full' | 'tls') => void
  readonly onFrame?: (bytes: number) => void
  readonly onBroken?: (reason: BrokenReason) => void
}

const defaults = {
  maxFrameBytes: 16 * 2 ** 20,
  maxFramesInHand: 16,
  idleMs: 3_600_000,
  frameMs: 30_000,
  maxBytesPerSecond: 2 * 2 ** 20,
  restMs: 50,
  maxRestMs: 5_000,
  maxConnections: 256,
  maxConnectionsPerPeer: 64,
  maxHeldBytes: 128 * 2 ** 20,
  maxHeldBytesPerPeer: 48 * 2 ** 20
}
const handshakeMs = 10_000
const keepAliveMs = 60_000

/** Listens for MLLP and answers each frame with what `handle` makes of it. */
export async function createMllpListener(given: MllpListenerOptions) {
  const options = { ...defaults, ...given }
  const open = new Map<Socket, Connection>()
  const places = createPlaces(options)
  let lastId = 0

  const server = makeServer(options, places, accept)

  function accept(socket: Socket): void {
    if (socket.destroyed) return
    socket.setNoDelay(true)
    socket.setKeepAlive(true, keepAliveMs)
    const budget = places.budget(socket.remoteAddress ?? '')
    const connection = createConnection(socket, peerOf(socket, ++lastId), {
      ...options,
      onFrame: (bytes) => options.onFrame?.(bytes),
      onBroken(reason) {
        budget.broken(reason)
        options.onBroken?.(reason)
      },
      onTaken: budget.taken,
      onHeld: budget.add
    })
    open.set(socket, connection)
    budget.enter(connection)
    options.onConnections?.(open.size)
    socket.on('close', () => {
      open.delete(socket)
      budget.leave(connection)
      options.onConnections?.(open.size)
    })
  }

  const checkEveryMs = Math.max(10, Math.min(1_000, options.frameMs / 4, options.idleMs / 4))
  const timer = setInterval(() => {
    const now = Date.now()
    for (const connection of open.values()) connection.checkTime(now)
    places.forgetMistakes(now)
  }, checkEveryMs).unref()

  server.listen({ host: options.host, port: options.port })
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    /** Takes no more, answers what is in hand, and ends; what takes longer than `limitMs` is cut off. */
    async close(limitMs = 10_000): Promise<void> {
      const closed = once(server, 'close')
      server.close()
      clearInterval(timer)
      const cutOff = setTimeout(() => {
        for (const connection of open.values()) connection.destroy()
      }, limitMs)
      for (const connection of open.values()) connection.leave()
      await closed
      clearTimeout(cutOff)
    }
  }
}

export type MllpListener = Awaited<ReturnType<typeof createMllpListener>>

function peerOf(socket: Socket, id: number): MllpPeer {
  const { remoteAddress } = socket
  return {
    id,
    ...(remoteAddress !== undefined && { remoteAddress }),
    ...(socket instanceof TLSSocket && { tlsAuthorised: socket.authorized, ...certificateOf(socket) })
  }
}

/** A certificate may have several common names, or none: then it names nobody. */
function certificateOf(socket: TLSSocket): { readonly certificateName?: string } {
  const name: unknown = socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined
  return typeof name === 'string' ? { certificateName: name } : {}
}

function makeServer(
  { tls, maxConnections, mayConnect, onRefused }: MllpListenerOptions,
  places: ReturnType<typeof createPlaces>,
  accept: (socket: Socket) => void
): Server {
  // A sender that has said all still wants its replies.
  const server = tls
    ? createTlsServer({ ...tlsSettings(tls), allowHalfOpen: true }, accept)
    : createServer({ allowHalfOpen: true }, accept)
  if (maxConnections !== undefined) server.maxConnections = maxConnections
  server.on('drop', () => onRefused?.('full'))
  server.on('tlsClientError', () => onRefused?.('tls'))
  // Of TLS, too, this comes before the handshake.
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const isAllowed = mayConnect(address)
    const giveBack = isAllowed ? places.take(address) : undefined
    if (giveBack) return void socket.once('close', giveBack)
    onRefused?.(isAllowed ? 'share' : 'peer')
    socket.destroy()
  })
  return server
}

const tlsSettings = ({ certificate, key, clientAuthority }: TlsOptions): SecureServerOptions => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2',
  handshakeTimeout: handshakeMs,
  ...(clientAuthority !== undefined && { ca: clientAuthority, requestCert: true, rejectUnauthorized: true })
})
