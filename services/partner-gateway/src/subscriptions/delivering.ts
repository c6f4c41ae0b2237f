import { itemsOfTopic } from '@chesil/care-record'
import {
  addHeartbeats,
  claimDeliveries,
  type DueSubscription,
  endOverdue,
  findDueSubscriptions,
  takeReceiptsToTell,
  tellChanges,
  tellReceipts
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import { type DeliverDeps, deliver } from './deliver.ts'
import { createHands } from './hands.ts'

export interface DeliveringOptions extends DeliverDeps {
  readonly log: Logger
  /** Deliveries under way in this process. Default 128. */
  readonly atOnce?: number
  /** Of one subscription, in all processes: who is slow delays themselves. Default 4. */
  readonly perSubscription?: number
  /** Between two looks, where nobody wakes it. Default 1,000. */
  readonly pollMs?: number
}

const changesAtOnce = 200
const subscriptionsAtOnce = 200
const receiptsAtOnce = 50
/** Subscriptions whose deliveries are claimed side by side. */
const claimsAtOnce = 4
/** A lease is so much longer than a delivery may take. */
const leaseMarginMs = 15_000
const longestCloseMs = 10_000

/**
 * Tells subscribers of what was committed: makes deliveries of changes, and sends what is due. PostgreSQL wakes it; it
 * looks by itself, too. Several processes may do so side by side.
 */
export function createDelivering(options: DeliveringOptions) {
  const { log, pollMs = 1_000, perSubscription = 4, atOnce: most = 128 } = options
  let isWanted = false
  let isClosing = false
  let working: Promise<void> | undefined

  const hands = createHands({
    deliver: (delivery) => deliver(delivery, options),
    onError: (error, { id }) => log.error({ err: error, deliveryId: id }, 'a delivery was not made'),
    onDone: wake,
    most,
    perSubscription
  })
  const look = createLook(options, hands, perSubscription)

  function wake(): void {
    isWanted = true
    if (!isClosing) working ??= work()
  }

  async function work(): Promise<void> {
    while (isWanted && !isClosing) {
      isWanted = false
      try {
        const { isMore } = await look()
        isWanted ||= isMore
      } catch (error) {
        log.warn({ err: error }, 'deliveries could not be looked for')
      }
    }
    working = undefined
  }

  const timer = setInterval(wake, pollMs)
  wake()

  return {
    /** PostgreSQL says that there is something new. */
    wake,
    underWay: hands.size,
    /** Resolves when nothing that is due is left, and nothing is under way: for tests. */
    async idle(): Promise<void> {
      do {
        await working
        await hands.empty()
      } while (working || hands.size() > 0)
    },
    /** Waits up to 10 s for what is under way; what is left is sent by somebody else. */
    async close(): Promise<void> {
      isClosing = true
      clearInterval(timer)
      await working
      const limit = new Promise((resolve) => setTimeout(resolve, longestCloseMs).unref())
      await Promise.race([hands.empty(), limit])
    }
  }
}

/** One look: what has changed, what is over, and what is due. */
function createLook(
  options: DeliveringOptions,
  hands: ReturnType<typeof createHands>,
  perSubscription: number
) {
  const { database, now, newId, timeoutMs, readReceipt, pollMs = 1_000 } = options
  const isAbout = (...about: Parameters<typeof itemsOfTopic>) => itemsOfTopic(...about).length > 0
  let tidiedAt = Number.NEGATIVE_INFINITY

  async function tidy(): Promise<void> {
    if (now() - tidiedAt < pollMs) return
    tidiedAt = now()
    await addHeartbeats(database, now(), newId)
    await database.transaction((sql) => endOverdue(sql, now()))
  }

  async function tellOfReceipts(): Promise<boolean> {
    const looked = await takeReceiptsToTell(database, receiptsAtOnce)
    const receipts = await Promise.all(looked.map(({ partnerId, id }) => readReceipt(partnerId, id)))
    const finals = looked.filter((_, at) => receipts[at]?.isFinal)
    await database.transaction((sql) => tellReceipts(sql, finals, { newId, now: now() }))
    return looked.length === receiptsAtOnce
  }

  async function takeUp(subscription: DueSubscription): Promise<void> {
    const room = hands.room(subscription)
    if (room <= 0) return
    const claim = { limit: perSubscription, most: room, leaseMs: timeoutMs + leaseMarginMs, now: now() }
    for (const delivery of await database.transaction((sql) => claimDeliveries(sql, subscription.id, claim)))
      hands.hold(delivery)
  }

  return async (): Promise<{ readonly isMore: boolean }> => {
    const rules = { isAbout, newId, now: now() }
    const told = await database.transaction((sql) => tellChanges(sql, changesAtOnce, rules))
    await tidy()
    const isMoreToLookAt = await tellOfReceipts()
    const due = await findDueSubscriptions(database, {
      now: now(),
      limit: subscriptionsAtOnce,
      except: hands.full()
    })
    for (let from = 0; from < due.length; from += claimsAtOnce)
      await Promise.all(due.slice(from, from + claimsAtOnce).map(takeUp))
    return { isMore: told === changesAtOnce || isMoreToLookAt }
  }
}
