import type { FrameAnswer, FrameHandler, MllpPeer } from './connection.ts'
import type { Pace } from './pace.ts'

export interface RepliesOptions {
  readonly peer: MllpPeer
  readonly handle: FrameHandler
  /** Frames in hand at once; more wait. */
  readonly maxInHand: number
  readonly pace: Pick<Pace, 'mayBegin' | 'taken' | 'mistaken'>
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
    while (inHand < options.maxInHand && options.pace.mayBegin()) {
      const frame = waiting.shift()
      if (!frame) return
      inHand++
      const answered = options.handle(frame, options.peer)
      answered.catch(() => undefined) // awaited in its turn
      last = last.then(() => answer(answered, frame.length))
    }
  }

  async function answer(answered: Promise<FrameAnswer>, bytes: number): Promise<void> {
    try {
      const answer = await answered
      const isRefused = 'refusal' in answer
      if (isRefused) options.pace.mistaken()
      else options.pace.taken()
      for (const message of isRefused ? answer.refusal : answer) await options.write(message)
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
    /** To be called when a rest is over. */
    handleWaiting,
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
