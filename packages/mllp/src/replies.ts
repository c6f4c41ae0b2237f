import type { FrameHandler, MllpPeer } from './connection.ts'

export interface RepliesOptions {
  readonly peer: MllpPeer
  readonly handle: FrameHandler
  /** Frames in hand at once; more wait. */
  readonly maxInHand: number
  readonly write: (message: Uint8Array) => Promise<void>
  /** A frame is done with, whether or not anybody is left to be answered: so many bytes are free. */
  readonly onDone: (bytes: number) => void
  readonly onFailed: () => void
}

/** Hands frames to their handler, some at once, and writes what it answers in the order of the frames. */
export function createReplies(options: RepliesOptions) {
  const waiting: Buffer[] = []
  let inHand = 0
  let last: Promise<void> = Promise.resolve()

  function handleWaiting(): void {
    while (inHand < options.maxInHand) {
      const frame = waiting.shift()
      if (!frame) return
      inHand++
      const replies = options.handle(frame, options.peer)
      replies.catch(() => undefined) // awaited in its turn
      last = last.then(() => answer(replies, frame.length))
    }
  }

  async function answer(replies: Promise<readonly Uint8Array[]>, bytes: number): Promise<void> {
    try {
      for (const message of await replies) await options.write(message)
    } catch {
      options.onFailed()
    }
    inHand--
    handleWaiting()
    options.onDone(bytes)
  }

  return {
    add(frame: Buffer): void {
      waiting.push(frame)
      handleWaiting()
    },
    inHand: () => inHand,
    isFull: () => waiting.length > 0,
    /** Resolves when everything is answered. */
    async answered(): Promise<void> {
      while (inHand > 0) await last
    },
    /** Nobody is there to be answered any more: what was not begun is not begun. */
    forget(): void {
      for (const frame of waiting.splice(0)) options.onDone(frame.length)
    }
  }
}

export type Replies = ReturnType<typeof createReplies>
