import type { WebhookForm, WebhookTaker } from '@chesil/contracts'
import { isOutcomeError } from '@chesil/fhir'
import {
  type ClaimedWebhook,
  claimWebhooks,
  type Database,
  failWebhook,
  maxAttempts,
  postponeWebhook,
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
   * @throws OutcomeError, or anything, for what another attempt may mend.
   */
  readonly open: (event: ClaimedWebhook) => Promise<WebhookSettlement>
  readonly onOutcome: (outcome: WebhookSettlement['outcome'] | 'retried' | 'dead', form: WebhookForm) => void
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
  const { database, taker, log } = options
  const { concurrency = 32, leaseMs = 30_000, pollMs = 1_000 } = options
  const inHand = new Set<Promise<void>>()
  let looking: Promise<void> | undefined
  let isWanted = false
  let isClosing = false

  function wake(): void {
    isWanted = true
    if (!isClosing) looking ??= look().finally(() => (looking = undefined))
  }

  async function look(): Promise<void> {
    while (isWanted && !isClosing && inHand.size < concurrency) {
      isWanted = false
      try {
        const limit = concurrency - inHand.size
        const events = await claimWebhooks(database, taker, { limit, leaseMs })
        for (const event of events) hold(event)
        if (events.length === limit) isWanted = true
      } catch (error) {
        log.warn({ err: error }, 'events of partners could not be looked for')
      }
    }
  }

  function hold(event: ClaimedWebhook): void {
    const work = takeOne(event, options).finally(() => {
      inHand.delete(work)
      if (isWanted) wake()
    })
    inHand.add(work)
  }

  const timer = setInterval(wake, pollMs)
  wake()

  return {
    /** PostgreSQL says that there is something new. */
    wake,
    /** Waits up to 10 s for what is in hand; what is left is taken up by somebody else. */
    async close(): Promise<void> {
      isClosing = true
      clearInterval(timer)
      await looking
      const limit = new Promise((resolve) => setTimeout(resolve, 10_000).unref())
      await Promise.race([Promise.all(inHand), limit])
    }
  }
}

async function takeOne(
  event: ClaimedWebhook,
  { database, open, onOutcome, log }: WebhookDoorOptions
): Promise<void> {
  try {
    // Its every attempt ended its worker: it would end the next one, too.
    if (event.attempt > maxAttempts) return onOutcome(await failWebhook(database, event, died), event.form)
    const settlement = await open(event)
    await database.transaction((sql) => settleWebhook(sql, event, settlement))
    onOutcome(settlement.outcome, event.form)
  } catch (error) {
    const isForeseen = isOutcomeError(error)
    if (!isForeseen)
      log.error({ err: error, webhookEventId: event.id, attempt: event.attempt }, 'an event was not taken')
    const isAway = isForeseen && error.kind === 'unavailable'
    const leave = isAway ? postponeWebhook : failWebhook
    await leave(database, event, isForeseen ? error.message : unforeseen).then(
      (outcome) => onOutcome(outcome, event.form),
      () => log.warn('the database is away: the event is taken up again when its lease ends')
    )
  }
}

const died = 'every attempt ended its worker'
const unforeseen = 'unexpected error while taking it in'
