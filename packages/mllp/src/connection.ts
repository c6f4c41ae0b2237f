import type { Socket } from 'node:net'
import { drained } from './drained.ts'
import { createFramer, type Framer, type FramerEvent, toFrame } from './framer.ts'
import { createPace, type Pace, type PaceLimits } from './pace.ts'
import { createReplies, type Replies } from './replies.ts'

/** Who sent a frame. */
export interface MllpPeer {
  /** Of this connection, in this process. */
  readonly id: number
  readonly remoteAddress?: string
  /** Whether the peer showed a certificate that we trust; absent without TLS. */
  readonly tlsAuthorised?: boolean
  /** Common name of that certificate. */
  readonly certificateName?: string
}

/**
 * Answers a frame. The replies are sent in the order of the frames they answer; none is an answer, too. A refusal says
 * that the frame is of no use: its sender is slowed down.
 * A rejection means that no answer can be given: the connection ends, and its sender will send again.
 */
export type FrameHandler = (frame: Buffer, peer: MllpPeer) => Promise<FrameAnswer>
export type FrameAnswer = readonly Uint8Array[] | { readonly refusal: readonly Uint8Array[] }

/**
 * Why a frame or a connection came to nothing.
 *
 * - `restarted`: a frame began inside another; the first is dropped, unanswered
 * - `too-large`: a frame beyond the limit
 * - `not-mllp`: so many bytes between frames that this is no MLLP
 * - `slow`: a frame took too long to arrive, or its reply to be read
 * - `cut`: the connection ended inside a frame
 * - `unended`: it did so inside one that had grown large
 * - `handler`: no answer could be given
 */
export type BrokenReason = 'restarted' | 'too-large' | 'not-mllp' | 'slow' | 'cut' | 'unended' | 'handler'

export interface ConnectionLimits extends PaceLimits {
  readonly maxFrameBytes: number
  /** Frames of one connection in hand at once; when there are more, it is not read from. */
  readonly maxFramesInHand: number
  /** Milliseconds without a frame after which the connection is ended. */
  readonly idleMs: number
  /** Milliseconds in which a frame must be there as a whole, and a reply be taken. */
  readonly frameMs: number
}

export interface ConnectionOptions extends ConnectionLimits {
  readonly handle: FrameHandler
  readonly onFrame: (bytes: number) => void
  readonly onBroken: (reason: BrokenReason) => void
  /** A frame was of use. */
  readonly onTaken: () => void
  /** Bytes that this connection holds more or, if negative, fewer than before. */
  readonly onHeld: (change: HeldBytes) => void
}

/** A frame that is whole gives its bytes back when its handler has settled; one that has begun, when it ends. */
export interface HeldBytes {
  readonly whole: number
  readonly begun: number
}

/** A message that ends is seldom so large, and a line is seldom lost just then. */
const largeBytes = 2 ** 20
/** Between frames senders put a line break, or nothing. */
const maxJunkBytes = 65_536
/** For the peer to close its side, once we have closed ours. */
const lingerMs = 2_000

/** Reads frames from one socket, hands them on, and writes their replies in order. */
export function createConnection(socket: Socket, peer: MllpPeer, options: ConnectionOptions) {
  const framer = createFramer(options)
  const setBegun = createDifference((begun) => options.onHeld({ whole: 0, begun }))
  const clock = createClock(options)
  let isHeldBack = false

  const pace = createPace(options, settle, options.onTaken)
  const replies = createReplies({
    peer,
    handle: options.handle,
    maxInHand: options.maxFramesInHand,
    pace,
    write: (message) => clock.whileWriting(() => write(socket, message)),
    onDone(bytes) {
      options.onHeld({ whole: -bytes, begun: 0 })
      settle()
    },
    onFailed: () => parting.cutOff('handler')
  })
  const parting = createParting(socket, { replies, framer, pace, isHeldBack: () => isHeldBack }, options)

  const onEvent = createFrameRoute({ clock, parting, pace, replies }, options)

  socket.on('data', (chunk: Buffer) => {
    pace.read(chunk.length)
    // After its end it takes nothing: what comes is unanswered, and will be sent again.
    for (const event of framer.push(chunk)) onEvent(event)
    if (framer.junkBytes() > maxJunkBytes) void parting.breakOff('not-mllp')
    settle()
  })
  const leave = () => {
    void parting.leave()
    settle()
  }
  socket.on('end', leave).on('close', leave).on('close', replies.forget)
  socket.on('error', () => undefined) // 'close' follows, and says all we need

  /** After every change: what is begun and held, whether a frame is awaited, and whether more is read. */
  function settle(): void {
    replies.handleWaiting()
    setBegun(framer.heldBytes())
    const isFull = !pace.mayRead() || (!parting.hasBegun() && (isHeldBack || replies.isFull()))
    clock.frameAwaited(framer.isInsideFrame() && !isFull)
    if (isFull && !socket.isPaused()) socket.pause()
    if (!isFull && socket.isPaused()) socket.resume()
  }

  return {
    /** Answers what is in hand, and ends the connection. */
    leave,
    destroy: () => socket.destroy(),
    /** Its address has gone wrong so many times in a row. */
    beginSlowly(mistakes: number): void {
      pace.beginSlowly(mistakes)
      settle()
    },
    isInsideFrame: () => framer.isInsideFrame(),
    /** While too much is held, by all connections or by those of one peer, it is not read from. */
    holdBack(isWanted: boolean): void {
      if (isHeldBack === isWanted) return
      isHeldBack = isWanted
      settle()
    },
    /** Ends what takes too long. */
    checkTime(now: number): void {
      if (clock.isLate(now)) parting.cutOff('slow')
      else if (parting.isOverdue(now)) parting.cutOff('handler')
      else if (replies.inHand() === 0 && !isHeldBack && clock.isIdle(now)) leave()
    }
  }
}

export type Connection = ReturnType<typeof createConnection>

interface Parts {
  readonly clock: ReturnType<typeof createClock>
  readonly parting: ReturnType<typeof createParting>
  readonly pace: Pace
  readonly replies: Replies
}

/** What follows from what the framer has found. */
function createFrameRoute(
  { clock, parting, pace, replies }: Parts,
  { onBroken, onFrame, onHeld }: ConnectionOptions
): (event: FramerEvent) => void {
  return (event) => {
    if (event.kind === 'too-large') return void parting.breakOff('too-large')
    if (event.kind === 'restarted') {
      onBroken('restarted')
      return pace.mistaken()
    }
    clock.frameEnded()
    onHeld({ whole: event.bytes.length, begun: 0 })
    onFrame(event.bytes.length)
    pace.framed(event.bytes.length)
    replies.add(event.bytes)
  }
}

/** The ways in which a connection ends; the first one counts, but that a cut may come after any. */
function createParting(
  socket: Socket,
  {
    replies,
    framer,
    pace,
    isHeldBack
  }: {
    readonly replies: Replies
    readonly framer: Framer
    readonly pace: Pace
    readonly isHeldBack: () => boolean
  },
  { onBroken, frameMs }: ConnectionOptions
) {
  let begunAt: number | undefined

  async function begin(reason: BrokenReason | undefined): Promise<void> {
    if (begunAt !== undefined) return
    begunAt = Date.now()
    framer.end()
    pace.end()
    if (reason !== undefined) onBroken(reason)
    replies.handleWaiting()
    await replies.answered()
    // Destroyed with bytes unread, the socket would take back replies that are still on their way. A peer that
    // takes none of them has no right to stay either.
    if (pace.mayRead()) socket.resume()
    socket.end()
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }

  return {
    hasBegun: () => begunAt !== undefined,
    /** Replies to what came before are so late that nobody waits for them. */
    isOverdue: (now: number) => begunAt !== undefined && now - begunAt > frameMs + lingerMs,
    cutOff(reason: BrokenReason): void {
      if (socket.destroyed) return
      begunAt ??= Date.now()
      framer.end()
      pace.end()
      onBroken(reason)
      socket.destroy()
    },
    /** What came before is answered; what comes after is not read. */
    breakOff: (reason: BrokenReason) => begin(reason),
    leave(): Promise<void> {
      // Whom we do not read from may well give up.
      const cut = framer.heldBytes() > largeBytes && !isHeldBack() ? 'unended' : 'cut'
      return begin(framer.isInsideFrame() ? cut : undefined)
    }
  }
}

async function write(socket: Socket, message: Uint8Array): Promise<void> {
  if (socket.destroyed || socket.write(toFrame(message))) return
  await drained(socket)
}

/** Tells by how much a number has changed, if it has. */
function createDifference(onChange: (change: number) => void): (now: number) => void {
  let last = 0
  return (now) => {
    const change = now - last
    last = now
    if (change !== 0) onChange(change)
  }
}

/** A frame is late only by the time in which it would have been read. */
function createClock({ frameMs, idleMs }: ConnectionLimits) {
  let lastFrameAt = Date.now()
  let awaitedSince: number | undefined
  let writingSince: number | undefined
  return {
    frameEnded(): void {
      lastFrameAt = Date.now()
      awaitedSince = undefined
    },
    frameAwaited(isSo: boolean): void {
      awaitedSince = isSo ? (awaitedSince ?? Date.now()) : undefined
    },
    async whileWriting(work: () => Promise<void>): Promise<void> {
      writingSince = Date.now()
      await work()
      writingSince = undefined
    },
    isLate: (now: number) =>
      [awaitedSince, writingSince].some((since) => since !== undefined && now - since > frameMs),
    isIdle: (now: number) => awaitedSince === undefined && now - lastFrameAt > idleMs
  }
}
