import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { drained } from './drained.ts'
import { createFramer, toFrame } from './framer.ts'

export interface MllpSenderOptions {
  readonly host: string
  readonly port: number
  readonly tls?: {
    /** PEM: whom to trust instead of the usual authorities. */
    readonly authority?: string
    /** PEM, ours, where the listener wants one. */
    readonly certificate?: string
    readonly key?: string
    /** The name in the listener's certificate, where it is not `host`. */
    readonly serverName?: string
  }
  /** Milliseconds for connecting, and for each reply. Default 30,000. */
  readonly timeoutMs?: number
  /** Default 1 MiB. */
  readonly maxReplyBytes?: number
}

export interface MllpSender {
  /**
   * Sends one message and gives its reply. Several may be under way: replies come in the order of the messages,
   * so that each must ask for exactly one.
   *
   * @throws Error when the connection ends or the time is over before the reply: the message may have been taken.
   */
  send(message: Uint8Array): Promise<Buffer>
  /** Bytes as they are, no frame made and no reply awaited. */
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (reply: Buffer) => void
  readonly reject: (reason: Error) => void
  readonly timer: NodeJS.Timeout
}

/** Connects to an MLLP listener. A connection that has ended stays so: connect anew. */
export async function createMllpSender(options: MllpSenderOptions): Promise<MllpSender> {
  const { timeoutMs = 30_000, maxReplyBytes = 2 ** 20 } = options
  const socket = await open(options, timeoutMs)
  const framer = createFramer({ maxFrameBytes: maxReplyBytes })
  const waiting: Waiting[] = []

  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => {
    for (const event of framer.push(chunk)) {
      if (event.kind === 'frame') settle(event.bytes)
      else socket.destroy()
    }
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      for (const { reject, timer } of waiting.splice(0)) {
        clearTimeout(timer)
        reject(new Error('The connection ended before the reply'))
      }
      resolve()
    })
  })

  function settle(reply: Buffer): void {
    const next = waiting.shift()
    if (!next) return
    clearTimeout(next.timer)
    next.resolve(reply)
  }

  async function write(bytes: Uint8Array): Promise<void> {
    if (socket.destroyed) throw new Error('The connection has ended')
    if (!socket.write(bytes)) await drained(socket)
  }

  return {
    send(message) {
      return new Promise<Buffer>((resolve, reject) => {
        // Later replies cannot be told from a late one: the connection is of no more use.
        const timer = setTimeout(() => socket.destroy(), timeoutMs)
        const entry = { resolve, reject, timer }
        waiting.push(entry)
        write(toFrame(message)).catch((reason: Error) => {
          clearTimeout(timer)
          waiting.splice(waiting.indexOf(entry), 1)
          reject(reason)
        })
      })
    },
    write,
    closed,
    async close() {
      socket.end()
      await closed
    }
  }
}

async function open({ host, port, tls }: MllpSenderOptions, timeoutMs: number): Promise<Socket> {
  const socket = tls
    ? connectTls({
        host,
        port,
        ...(tls.serverName !== undefined && { servername: tls.serverName }),
        ...(tls.authority !== undefined && { ca: tls.authority }),
        ...(tls.certificate !== undefined && { cert: tls.certificate }),
        ...(tls.key !== undefined && { key: tls.key })
      })
    : connect({ host, port })
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal })
  } catch (error) {
    socket.destroy()
    throw error
  }
  return socket
}
