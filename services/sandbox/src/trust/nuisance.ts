import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HospitalMessage } from '@chesil/synthetic'
import Type, { type Static } from 'typebox'
import type { Address } from './address.ts'

/**
 * What an engine that has gone wrong does, for so many seconds.
 *
 * - `noise`: random bytes, as fast as they are taken
 * - `endless-frame`: a frame that never ends, as fast as it is taken
 * - `garbage-frames`: whole frames of random bytes, as fast as they are taken, answers not read
 * - `hang`: connects, sends half a message, and waits
 * - `idle`: connects and sends nothing
 */
export const NuisanceKind = Type.Enum(['noise', 'endless-frame', 'garbage-frames', 'hang', 'idle'])
export type NuisanceKind = Static<typeof NuisanceKind>

export interface NuisanceReport {
  readonly kind: NuisanceKind
  readonly state: 'running' | 'finished'
  readonly connections: number
  /** Of these, how often the listener closed one, or did not take it at all. */
  readonly closed: number
  readonly bytes: number
}

export interface Nuisance {
  report(): NuisanceReport
  stop(): Promise<void>
  readonly done: Promise<void>
}

export interface NuisanceOptions {
  readonly kind: NuisanceKind
  readonly address: Address
  /** Address of this machine that it comes from; absent: any. */
  readonly from?: string
  readonly seconds: number
  /** At once; one that is closed is opened anew. */
  readonly connections: number
  /** Half of it is what `hang` sends. */
  readonly message: Pick<HospitalMessage, 'text'>
}

const chunkBytes = 65_536
const pauseMs = 20
const [frameStart, frameEnd, carriageReturn] = [0x0b, 0x1c, 0x0d]

export function startNuisance({
  kind,
  address,
  from,
  seconds,
  connections,
  message
}: NuisanceOptions): Nuisance {
  const counts = { connections: 0, closed: 0, bytes: 0 }
  const over = AbortSignal.timeout(seconds * 1000)
  const stopping = new AbortController()
  const signal = AbortSignal.any([over, stopping.signal])
  let isOver = false

  async function molest(): Promise<void> {
    while (!signal.aborted) {
      counts.connections += 1
      await connectOnce().catch(() => undefined)
      if (!signal.aborted) counts.closed += 1
      await pause(pauseMs, signal)
    }
  }

  /** Resolves when the listener has closed the connection, or the time is over. */
  async function connectOnce(): Promise<void> {
    const socket = connect({ ...address, ...(from !== undefined && { localAddress: from }) })
    const closed = once(socket, 'close', { signal }).catch(() => undefined)
    socket.on('error', () => undefined)
    socket.resume()
    try {
      await once(socket, 'connect', { signal })
      for (const bytes of bytesOf(kind, message)) {
        if (signal.aborted || socket.destroyed) break
        const isTaken = socket.write(bytes)
        counts.bytes += bytes.length
        // Without a pause a listener that takes everything would keep this process from all else.
        await (isTaken ? pause(0, signal) : Promise.race([once(socket, 'drain', { signal }), closed]))
      }
      await closed
    } finally {
      socket.destroy()
    }
  }

  const done = Promise.all(Array.from({ length: connections }, molest)).then(() => {
    isOver = true
  })
  return {
    report: () => ({ kind, state: isOver ? 'finished' : 'running', ...counts }),
    async stop() {
      stopping.abort()
      await done
    },
    done
  }
}

/** What a connection sends; without an end where it sends for ever. */
function* bytesOf(kind: NuisanceKind, { text }: Pick<HospitalMessage, 'text'>): Generator<Buffer> {
  if (kind === 'idle') return
  if (kind === 'hang') {
    const half = Buffer.from(text).subarray(0, Math.floor(text.length / 2))
    yield Buffer.concat([Buffer.of(frameStart), half])
    return
  }
  if (kind === 'endless-frame') yield Buffer.of(frameStart)
  for (let n = 0; ; n++) yield chunksOf(kind)[n % chunkCount] as Buffer
}

const chunkCount = 8
const made = new Map<NuisanceKind, readonly Buffer[]>()

/** Made once: making them must not be what takes the time. */
function chunksOf(kind: NuisanceKind): readonly Buffer[] {
  const chunks = made.get(kind) ?? Array.from({ length: chunkCount }, () => chunkOf(kind))
  made.set(kind, chunks)
  return chunks
}

function chunkOf(kind: NuisanceKind): Buffer {
  if (kind === 'garbage-frames') return garbageFrames()
  const bytes = randomFillSync(Buffer.alloc(chunkBytes))
  return kind === 'endless-frame' ? withoutMarks(bytes) : bytes
}

const withoutMarks = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte | 0x40))

const frameSize = 256

/** Frame after frame, each of random bytes. */
function garbageFrames(): Buffer {
  const bytes = withoutMarks(randomFillSync(Buffer.alloc(chunkBytes)))
  for (let start = 0; start < chunkBytes; start += frameSize) {
    bytes[start] = frameStart
    bytes.set([frameEnd, carriageReturn], start + frameSize - 2)
  }
  return bytes
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)
