import {
  type Database,
  endSubscription,
  findSubscription,
  recordOperatorAction,
  redeliver,
  resumeSubscription,
  type Subscription,
  systemIds
} from '@chesil/record-store'
import { assertBy, assertId, DeskRefusal } from './refusal.ts'

/** One; or those with these numbers, both in it; or those made since (ms since 1970). */
export type WhichDeliveries =
  | { readonly id: string }
  | { readonly numbers: readonly [from: number, to: number] }
  | { readonly since: number }

export const mostRedelivered = 10_000

/** What partners are told of. Of whom is not shown: no operator has to know. */
export function createSubscriptionDesk(database: Database) {
  /** @throws DeskRefusal */
  async function find(partnerId: string, id: string): Promise<Subscription> {
    const found = await findSubscription(database, partnerId, assertId(id))
    if (!found) throw new DeskRefusal('There is no such subscription of this partner')
    return found
  }

  return {
    find,

    /** Nothing more is told; what waits is set aside, and can be delivered again. @throws DeskRefusal */
    async end(partnerId: string, id: string, by: string): Promise<void> {
      await find(partnerId, id)
      await database.transaction(async (sql) => {
        if (!(await endSubscription(sql, id, 'by-operator'))) throw new DeskRefusal('It was off already')
        await recordOperatorAction(sql, {
          action: 'subscription-ended',
          partnerId,
          target: id,
          by: assertBy(by)
        })
      })
    },

    /** It begins again with a handshake. @throws DeskRefusal */
    async resume(partnerId: string, id: string, by: string): Promise<void> {
      await find(partnerId, id)
      await database.transaction(async (sql) => {
        if (!(await resumeSubscription(sql, id, systemIds.newId())))
          throw new DeskRefusal('It is not off, or its endpoint is disabled')
        await recordOperatorAction(sql, {
          action: 'subscription-resumed',
          partnerId,
          target: id,
          by: assertBy(by)
        })
      })
    },

    /** Events are sent again, in their order and at a limited rate. @returns how many. @throws DeskRefusal */
    async redeliver(partnerId: string, id: string, which: WhichDeliveries, by: string): Promise<number> {
      const { status } = await find(partnerId, id)
      if (status === 'off') throw new DeskRefusal('It is off: resume it first')
      if ('id' in which) assertId(which.id)
      return await database.transaction(async (sql) => {
        const again = { ...which, subscriptionId: id, limit: mostRedelivered, now: Date.now() }
        const { count } = await redeliver(sql, again)
        await recordOperatorAction(sql, {
          action: 'deliveries-redelivered',
          partnerId,
          target: id,
          by: assertBy(by)
        })
        return count
      })
    }
  }
}

export type SubscriptionDesk = ReturnType<typeof createSubscriptionDesk>
