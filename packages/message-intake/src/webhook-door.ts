import type { WebhookTaker } from '@chesil/contracts'
import {
  type ClaimedWebhook,
  claimWebhooks,
  type Database,
  failWebhook,
  maxAttempts,
  settleWebhook,
  type WebhookSettlement
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'

export interface WebhookDoorOptions {
  readonly database: Database
  readonly taker: WebhookTaker
  /**
   * Takes one event in as if it had come at the adapter's own door: once it resolves, what it names is committed. It
   * may be given the same event again.
   *
   * @throws for what another attempt may mend.
   */
  readonly open: (event: ClaimedWebhook) => Promise<WebhookSettlement>
  readonly onOutcome: (outcome: WebhookSettlement['outcome'] | 'retried' | 'dead') => void
  readonly log: Logger
  /** Events in hand at once. Default 32. */
  readonly concurrency?: number
  /** How long before another process may take an event that is in hand. Default 30,000. */
  readonly leaseMs?: number
  /** Between two looks, where nobody wakes it. Default 1,000. */
  readonly pollMs?: number
}

/**
 * Takes events that partners sent to the gateway, and that wait in PostgreSQL, in at an adapter's door. No queue is
 * needed: PostgreSQL says that something is new, and whoever does not hear it looks.
 */
export function createWebhookDoor(options: WebhookDoorOptions) {
  const { database, taker, open, onOutcome, log } = options
  const { concurrency = 32, leaseMs = 30_000, pollMs = 1_000 } = options
  const inHand = new Set<Promise<void>>()
  let isLooking = false
  let isWanted = false
  let isClosing = false

  async function look(): Promise<void> {
    if (isLooking || isClosing) {
      isWanted = true
      return
    }
    isLooking = true
    try {
      do {
        isWanted = false
        await takeAll()
      } while (isWanted && !isClosing)
    } catch (error) {
      log.warn({ err: error }, 'events of partners could not be looked for')
    } finally {
      isLooking = false
    }
  }

  async function takeAll(): Promise<void> {
    for (;;) {
      const free = concurrency - inHand.size
      if (isClosing || free <= 0) return
      const events = await claimWebhooks(database, taker, { limit: free, leaseMs })
      for (const event of events) hold(take(event))
      if (events.length < free) return
    }
  }

  function hold(work: Promise<void>): void {
    const held = work.finally(() => {
      inHand.delete(held)
      if (isWanted || inHand.size === concurrency - 1) void look()
    })
    inHand.add(held)
  }

  async function take(event: ClaimedWebhook): Promise<void> {
    // Its every attempt ended its worker: it would end the next one, too.
    if (event.attempt > maxAttempts) return await fail(event)
    try {
      const settlement = await open(event)
      await database.transaction((sql) => settleWebhook(sql, event, settlement))
      onOutcome(settlement.outcome)
    } catch (error) {
      log.error({ err: error, webhookEventId: event.id, attempt: event.attempt }, 'an event was not taken')
      await fail(event)
    }
  }

  async function fail(event: ClaimedWebhook): Promise<void> {
    try {
      onOutcome(await failWebhook(database, event, 'unexpected error while taking it in'))
    } catch (error) {
      log.warn({ err: error }, 'the database is away: the event is taken up again when its lease ends')
    }
  }

  const timer = setInterval(() => void look(), pollMs)
  void look()

  return {
    /** PostgreSQL says that there is something new. */
    wake: () => void look(),
    /** Waits up to 10 s for what is in hand; what is left is taken up by somebody else. */
    async close(): Promise<void> {
      isClosing = true
      clearInterval(timer)
      const limit = new Promise((resolve) => setTimeout(resolve, 10_000).unref())
      await Promise.race([Promise.all(inHand), limit])
    }
  }
}
