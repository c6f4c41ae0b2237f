/** What waits to be committed, as far as taking turns needs. */
export interface Batchable {
  readonly body?: Uint8Array
}

interface Entry {
  readonly message: Batchable
  /** Whose turn it is. */
  readonly sender: string
  /** ms since 1970 */
  readonly since: number
}

/** What a message takes besides its bytes. */
const baseBytes = 1_024
const sizeOf = ({ body }: Batchable): number => baseBytes + (body?.length ?? 0)

interface Queue<Waiting> {
  entries: Waiting[]
  bytes: number
}

/** What waits, by sender. Senders take turns, so that the flood of one does not delay the others. */
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
    for (const sender of new Set(entries.map((entry) => entry.sender))) {
      const queue = queues.get(sender) ?? { entries: [], bytes: 0 }
      const left = queue.entries.filter((entry) => !taken.has(entry))
      const leftBytes = left.reduce((sum, { message }) => sum + sizeOf(message), 0)
      bytes += leftBytes - queue.bytes
      queues.delete(sender)
      if (left.length > 0) queues.set(sender, { entries: left, bytes: leftBytes })
    }
  }

  return {
    count: () => count,
    hasRoom(sender: string, message: Batchable, limit: number): boolean {
      const own = queues.get(sender)?.bytes ?? 0
      const size = sizeOf(message)
      return own === 0 || (bytes + size <= limit && own + size <= limit / 2)
    },
    add(entry: Waiting): void {
      const queue = queues.get(entry.sender) ?? { entries: [], bytes: 0 }
      queues.set(entry.sender, queue)
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

/** One message of each sender, and again, as long as they fit; the first one whatever its size. */
function pick<Waiting extends Entry>(
  queues: ReadonlyMap<string, Queue<Waiting>>,
  limits: { readonly maxMessages: number; readonly maxBytes: number }
): readonly Waiting[] {
  const batch: Waiting[] = []
  let bytes = 0
  const isFit = ({ message: { body } }: Waiting) =>
    batch.length === 0 ||
    (batch.length < limits.maxMessages && bytes + (body?.length ?? 0) <= limits.maxBytes)
  const taking = new Map([...queues].map(([sender, { entries }]) => [sender, entries.values()]))
  while (taking.size > 0) {
    for (const [sender, entries] of taking) {
      const { value: entry } = entries.next()
      if (!entry || !isFit(entry)) {
        taking.delete(sender)
        continue
      }
      batch.push(entry)
      bytes += entry.message.body?.length ?? 0
    }
  }
  return batch
}
