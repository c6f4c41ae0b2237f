/** Start and end of a frame: VT, message, FS, CR. */
export const frameBytes = { start: 0x0b, end: 0x1c, return: 0x0d } as const
const { start: startOf, end: endOf, return: carriageReturn } = frameBytes

/**
 * - `frame`: one message, without its frame characters; a copy.
 * - `restarted`: a frame began inside another, which never ended and is dropped. Nothing tells where the first one
 *   stopped, so joining the two could put one person's result under another's name.
 * - `too-large`: a frame grew beyond the limit. What follows cannot be told apart from it: the framer takes no more.
 */
export type FramerEvent =
  | { readonly kind: 'frame'; readonly bytes: Buffer }
  | { readonly kind: 'restarted' }
  | { readonly kind: 'too-large' }

export interface FramerOptions {
  /** Of a message, without its frame characters. */
  readonly maxFrameBytes: number
}

type FramerState = 'between' | 'inside' | 'after-end' | 'overflown'

/**
 * Cuts a byte stream into MLLP frames, however the network has cut it. Every byte is looked at once.
 *
 * FS without CR is content; bytes between frames are skipped and counted.
 */
export function createFramer({ maxFrameBytes }: FramerOptions) {
  const begun = createStore()
  let state: FramerState = 'between'
  let junkSinceFrame = 0

  const step = {
    between({ bytes }: Chunk, from: number): number {
      const at = bytes.indexOf(startOf, from)
      const end = at < 0 ? bytes.length : at
      junkSinceFrame += end - from
      if (at >= 0) state = 'inside'
      return end + 1
    },
    /** FS was the last byte seen: only CR ends the frame. */
    'after-end'({ bytes, events }: Chunk, at: number): number {
      state = 'inside'
      if (bytes[at] === carriageReturn) finish(nothing, events)
      else begun.keep(Buffer.of(endOf))
      return bytes[at] === carriageReturn ? at + 1 : at
    },
    inside({ bytes, next, events }: Chunk, from: number): number {
      const start = next.start(from)
      const end = next.end(from)
      if (start < end) {
        begun.drop()
        events.push({ kind: 'restarted' })
        return start + 1
      }
      if (bytes[end + 1] === carriageReturn) {
        finish(bytes.subarray(from, end), events)
        return end + 2
      }
      const isUndecided = end === bytes.length - 1 // FS as the last byte says nothing yet
      begun.keep(bytes.subarray(from, isUndecided ? end : end + 1))
      if (isUndecided) state = 'after-end'
      return Math.min(end + 1, bytes.length)
    }
  }

  function finish(last: Buffer, events: FramerEvent[]): void {
    if (begun.length() + last.length > maxFrameBytes) overflow(events)
    else {
      events.push({ kind: 'frame', bytes: begun.take(last) })
      junkSinceFrame = 0
      state = 'between'
    }
  }

  function overflow(events: FramerEvent[]): void {
    begun.drop()
    state = 'overflown'
    events.push({ kind: 'too-large' })
  }

  return {
    /** @returns what the chunk completed, in its order. */
    push(bytes: Buffer): readonly FramerEvent[] {
      const events: FramerEvent[] = []
      const chunk = { bytes, next: findMarks(bytes), events }
      let at = 0
      while (at < bytes.length && state !== 'overflown') {
        at = step[state](chunk, at)
        if (begun.length() > maxFrameBytes) overflow(events)
      }
      return events
    },
    end: () => overflow([]), // nothing more is taken
    /** Bytes held of a frame that has not ended. */
    heldBytes: () => begun.length(),
    isInsideFrame: () => state === 'inside' || state === 'after-end',
    /** Bytes outside any frame since the last one ended. */
    junkBytes: () => junkSinceFrame
  }
}

export type Framer = ReturnType<typeof createFramer>

interface Chunk {
  readonly bytes: Buffer
  readonly next: NextMarks
  readonly events: FramerEvent[]
}

const nothing = Buffer.alloc(0)
const blockBytes = 16_384

/**
 * A frame in the making. Large chunks are held as they came; small ones are gathered in blocks, so that a sender of
 * single bytes cannot make us hold an object for each.
 */
function createStore() {
  let blocks: Buffer[] = []
  let block = nothing
  let free = 0
  let used = 0

  function gather(bytes: Buffer): void {
    if (bytes.length > free) {
      endBlock()
      block = Buffer.allocUnsafeSlow(blockBytes)
      free = blockBytes
      blocks.push(block)
    }
    bytes.copy(block, blockBytes - free)
    free -= bytes.length
  }

  /** What follows it in the frame stands elsewhere. */
  function endBlock(): void {
    if (free > 0) blocks[blocks.length - 1] = block.subarray(0, blockBytes - free)
    free = 0
  }

  function drop(): void {
    blocks = []
    block = nothing
    free = 0
    used = 0
  }

  return {
    keep(bytes: Buffer): void {
      used += bytes.length
      if (bytes.length < blockBytes) gather(bytes)
      else {
        endBlock()
        blocks.push(bytes)
      }
    },
    drop,
    /** @returns a copy, with what of the frame stands in the chunk in hand. */
    take(last: Buffer): Buffer {
      if (used === 0) return Buffer.from(last)
      endBlock()
      const frame = Buffer.concat([...blocks, last], used + last.length)
      drop()
      return frame
    },
    length: () => used
  }
}

interface NextMarks {
  /** @returns the length of the chunk when there is none. */
  readonly start: (from: number) => number
  readonly end: (from: number) => number
}

/** Each mark is looked for once, however many frames stand before it. */
function findMarks(chunk: Buffer): NextMarks {
  const finder = (byte: number) => {
    let known = -1
    return (from: number): number => {
      if (known < from) {
        const at = chunk.indexOf(byte, from)
        known = at < 0 ? chunk.length : at
      }
      return known
    }
  }
  return { start: finder(startOf), end: finder(endOf) }
}

/**
 * @param message Its bytes, which must not hold a start character nor the end of a frame.
 * @throws Error when they do: the receiver would see other messages than were sent.
 */
export function toFrame(message: Uint8Array): Buffer {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (bytes.includes(startOf) || bytes.includes(Buffer.of(endOf, carriageReturn)))
    throw new Error('A message with frame characters inside cannot be sent')
  return Buffer.concat([Buffer.of(startOf), bytes, Buffer.of(endOf, carriageReturn)])
}
