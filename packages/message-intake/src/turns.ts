import type { MessageToTake } from '@chesil/record-store'

interface Entry {
  readonly message: MessageToTake
  /** ms since 1970 */
  readonly since: number
}

/** What a message takes besides its bytes. */
const baseBytes = 1_024
const sizeOf = ({ body }: MessageToTake): number => baseBytes + (body?.length ?? 0)

interface Queue<Waiting> {
  entries: Waiting[]
  bytes: number
}

/** What waits, by source. Sources take turns, so that the flood of one does not delay the others. */
export function createTurns<Waiting extends Entry>({
  maxMessages = 500,
  maxBytes = 16 * 2 ** 20
}: {
  readonly maxMessages?: number
  readonly maxBytes?: number
}) {
  // In the order of their turns: who has been served goes to the end.
  const queues = new Map<string, Queue<Waiting>>()
  let count = 0
  let bytes = 0

  function remove(entries: readonly Waiting[]): void {
    count -= entries.length
    const taken = new Set(entries)
    const sources = new Set(entries.map(({ message }) => message.sourceId))
    for (const source of sources) {
      const queue = queues.get(source) ?? { entries: [], bytes: 0 }
      const left = queue.entries.filter((entry) => !taken.has(entry))
      const leftBytes = left.reduce((sum, { message }) => sum + sizeOf(message), 0)
      bytes += leftBytes - queue.bytes
      queues.delete(source)
      if (left.length > 0) queues.set(source, { entries: left, bytes: leftBytes })
    }
  }

  return {
    count: () => count,
    hasRoom(message: MessageToTake, limit: number): boolean {
      const own = queues.get(message.sourceId)?.bytes ?? 0
      const size = sizeOf(message)
      return own === 0 || (bytes + size <= limit && own + size <= limit / 2)
    },
    add(entry: Waiting): void {
      const queue = queues.get(entry.message.sourceId) ?? { entries: [], bytes: 0 }
      queues.set(entry.message.sourceId, queue)
      queue.entries.push(entry)
      queue.bytes += sizeOf(entry.message)
      bytes += sizeOf(entry.message)
      count++
    },
    nextBatch(): readonly Waiting[] {
      const batch = pick(queues, { maxMessages, maxBytes })
      remove(batch)
      return batch
    },
    /** Takes out what has waited since then or longer. */
    removeOlder(since: number): readonly Waiting[] {
      const old = [...queues.values()].flatMap(({ entries }) =>
        entries.filter((entry) => entry.since <= since)
      )
      remove(old)
      return old
    },
    /** Infinity when nothing waits. */
    oldest: () =>
      Math.min(...[...queues.values()].map(({ entries }) => entries[0]?.since ?? Number.POSITIVE_INFINITY))
  }
}

/** One message of each source, and again, as long as they fit; the first one whatever its size. */
function pick<Waiting extends Entry>(
  queues: ReadonlyMap<string, Queue<Waiting>>,
  limits: { readonly maxMessages: number; readonly maxBytes: number }
): readonly Waiting[] {
  const batch: Waiting[] = []
  let bytes = 0
  const isFit = ({ message: { body } }: Waiting) =>
    batch.length === 0 ||
    (batch.length < limits.maxMessages && bytes + (body?.length ?? 0) <= limits.maxBytes)
  const taking = new Map([...queues].map(([source, { entries }]) => [source, entries.values()]))
  while (taking.size > 0) {
    for (const [source, entries] of taking) {
      const { value: entry } = entries.next()
      if (!entry || !isFit(entry)) {
        taking.delete(source)
        continue
      }
      batch.push(entry)
      bytes += entry.message.body?.length ?? 0
    }
  }
  return batch
}
