import type { WebhookForm } from '@chesil/contracts'
import type { Sql } from './database.ts'
import type { Partner } from './partners.ts'

/** A partner, and what its operators look at first. */
export interface PartnerAtAGlance extends Partner {
  /** ms since 1970; null: nothing has come yet. */
  readonly lastEventAt: number | null
  /** Events that no attempt could take in. */
  readonly deadEvents: number
  readonly rejectedToday: number
  /** Subscriptions that are in error. */
  readonly failing: number
  /** Deliveries that were set aside. */
  readonly deadDeliveries: number
}

export async function listPartnersAtAGlance(sql: Sql): Promise<readonly PartnerAtAGlance[]> {
  return await sql.query<PartnerAtAGlance>(
    `select p.id, p.name, p.ods_code as "odsCode", p.source_ids as "sourceIds", p.client_id as "clientId",
            p.suspended_at is not null as "isSuspended",
            (select max(received_at) from webhook_event e where e.partner_id = p.id) as "lastEventAt",
            (select count(*) from webhook_event e where e.partner_id = p.id and e.state = 'dead') as "deadEvents",
            (select count(*) from webhook_event e
              where e.partner_id = p.id and e.state = 'rejected' and e.received_at > now() - interval '1 day') as "rejectedToday",
            (select count(*) from subscription s where s.partner_id = p.id and s.status = 'error') as failing,
            (select count(*) from delivery d join subscription s on s.id = d.subscription_id
              where s.partner_id = p.id and d.state = 'dead') as "deadDeliveries"
       from partner p order by p.id`
  )
}

/** An event as operators see it: nothing of what is in it. */
export interface EventFacts {
  /** Of its receipt. */
  readonly id: string
  readonly eventId: string
  readonly form: WebhookForm
  readonly state: 'accepted' | 'taken' | 'rejected' | 'dead'
  readonly reason: string | null
  readonly attempt: number
  /** ms since 1970 */
  readonly receivedAt: number
  readonly settledAt: number | null
}

export interface EventPage {
  readonly partnerId: string
  readonly state?: EventFacts['state']
  readonly limit: number
  /** Those before the one with this id. */
  readonly before?: string
}

/** The latest first. */
export async function listEvents(sql: Sql, page: EventPage): Promise<readonly EventFacts[]> {
  const { partnerId, state, limit, before } = page
  return await sql.query<EventFacts>(
    `select id, event_id as "eventId", form, state, reason, attempt, received_at as "receivedAt", settled_at as "settledAt"
       from webhook_event
      where partner_id = $1 and ($2::text is null or state = $2)
        and ($3::uuid is null or (received_at, id) < (select received_at, id from webhook_event where partner_id = $1 and id = $3))
      order by received_at desc, id desc limit $4`,
    [partnerId, state ?? null, before ?? null, limit]
  )
}
