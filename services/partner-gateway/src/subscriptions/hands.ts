import type { ClaimedDelivery } from '@chesil/record-store'

export interface HandsOptions {
  readonly deliver: (delivery: ClaimedDelivery) => Promise<void>
  /** Of all subscriptions. Those that did not answer the last time have half. */
  readonly most: number
  readonly perSubscription: number
  readonly onError: (error: unknown, delivery: ClaimedDelivery) => void
  /** There is room again. */
  readonly onDone: () => void
}

/** Deliveries that this process has under way. */
export function createHands({ deliver, most, perSubscription, onError, onDone }: HandsOptions) {
  const bySubscription = new Map<string, number>()
  const underWay = new Set<Promise<void>>()
  let failing = 0

  function count(subscriptionId: string, change: 1 | -1): void {
    const now = (bySubscription.get(subscriptionId) ?? 0) + change
    if (now > 0) bySubscription.set(subscriptionId, now)
    else bySubscription.delete(subscriptionId)
  }

  return {
    /** How many more may be taken up of a subscription. */
    room({ id, isFailing }: { readonly id: string; readonly isFailing: boolean }): number {
      const left = Math.min(most - underWay.size, perSubscription - (bySubscription.get(id) ?? 0))
      return isFailing ? Math.min(left, Math.ceil(most / 2) - failing) : left
    },

    /** Subscriptions that have all they may have. */
    full: (): readonly string[] =>
      [...bySubscription].filter(([, has]) => has >= perSubscription).map(([id]) => id),

    hold(delivery: ClaimedDelivery): void {
      const isFailing = delivery.status === 'error'
      count(delivery.subscriptionId, 1)
      if (isFailing) failing += 1
      const sending = deliver(delivery)
        .catch((error: unknown) => onError(error, delivery))
        .finally(() => {
          count(delivery.subscriptionId, -1)
          if (isFailing) failing -= 1
          underWay.delete(sending)
          onDone()
        })
      underWay.add(sending)
    },

    size: () => underWay.size,

    async empty(): Promise<void> {
      await Promise.all(underWay)
    }
  }
}
