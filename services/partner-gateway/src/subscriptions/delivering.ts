import { itemsOfTopic } from '@chesil/care-record'
import {
  addHeartbeats,
  type ClaimedDelivery,
  claimDeliveries,
  endOverdue,
  findDueSubscriptions,
  tellChanges
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import { type DeliverDeps, deliver } from './deliver.ts'

export interface DeliveringOptions extends DeliverDeps {
  readonly log: Logger
  /** Deliveries of one subscription under way at once: who is slow delays themselves. Default 4. */
  readonly perSubscription?: number
  /** Between two looks, where nobody wakes it. Default 1,000. */
  readonly pollMs?: number
}

const changesAtOnce = 200
/** Longer than a delivery may take. */
const leaseMarginMs = 15_000

/**
 * Tells subscribers of what was committed: makes deliveries of changes, and sends what is due. PostgreSQL wakes it; it
 * looks by itself, too. Several processes may do so side by side.
 */
export function createDelivering(options: DeliveringOptions) {
  const { database, log, now, newId, perSubscription = 4, pollMs = 1_000 } = options
  const inHand = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  let isWanted = false
  let isClosing = false
  let working: Promise<void> | undefined

  function wake(): void {
    isWanted = true
    if (!isClosing)
      working ??= work().finally(() => {
        working = undefined
        if (isWanted) setImmediate(wake)
      })
  }

  async function work(): Promise<void> {
    isWanted = false
    try {
      await tellAll()
      await addHeartbeats(database, now(), newId)
      await endOverdue(database, now())
      for (const id of await findDueSubscriptions(database, now())) await sendDue(id)
    } catch (error) {
      log.warn({ err: error }, 'deliveries could not be looked for')
    }
  }

  async function tellAll(): Promise<void> {
    const rules = {
      isAbout: (...about: Parameters<typeof itemsOfTopic>) => itemsOfTopic(...about).length > 0,
      newId
    }
    for (let told = changesAtOnce; told === changesAtOnce && !isClosing; )
      told = await database.transaction((sql) => tellChanges(sql, changesAtOnce, rules))
  }

  async function sendDue(subscriptionId: string): Promise<void> {
    const free = perSubscription - (inHand.get(subscriptionId) ?? 0)
    if (free <= 0 || isClosing) return
    const leaseMs = options.timeoutMs + leaseMarginMs
    const due = await claimDeliveries(database, subscriptionId, { limit: free, leaseMs, now: now() })
    for (const delivery of due) hold(delivery)
  }

  function hold(delivery: ClaimedDelivery): void {
    const { subscriptionId, id } = delivery
    inHand.set(subscriptionId, (inHand.get(subscriptionId) ?? 0) + 1)
    const sending = deliver(delivery, options)
      .catch((error: unknown) => log.error({ err: error, deliveryId: id }, 'a delivery was not made'))
      .finally(() => {
        inHand.set(subscriptionId, (inHand.get(subscriptionId) ?? 1) - 1)
        underWay.delete(sending)
        wake()
      })
    underWay.add(sending)
  }

  const timer = setInterval(wake, pollMs)
  wake()

  return {
    /** PostgreSQL says that there is something new. */
    wake,
    /** Resolves when nothing that is due is left, and nothing is under way: for tests. */
    async idle(): Promise<void> {
      do {
        await working
        await Promise.all(underWay)
      } while (working || underWay.size > 0)
    },
    /** Waits up to 10 s for what is under way; what is left is sent by somebody else. */
    async close(): Promise<void> {
      isClosing = true
      clearInterval(timer)
      await working
      const limit = new Promise((resolve) => setTimeout(resolve, 10_000).unref())
      await Promise.race([Promise.all(underWay), limit])
    }
  }
}
