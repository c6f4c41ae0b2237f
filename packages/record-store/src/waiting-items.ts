import { applyJob } from '@chesil/contracts'
import type { Sql } from './database.ts'
import { column, lines } from './lines.ts'
import { announce } from './outbox.ts'

/**
 * Items of a contribution that are another person's for now. What was said of them before may be on its way: the
 * patients of two numbers merged, a stay moved, a result withdrawn from the wrong person.
 */
export async function awaitItems(
  sql: Sql,
  contributionId: string,
  resourceIds: readonly string[]
): Promise<void> {
  if (resourceIds.length === 0) return
  await sql.query(
    `insert into waiting_item (resource_id, contribution_id) select ${column('$1', 'uuid')}, $2
     on conflict do nothing`,
    [lines(resourceIds), contributionId]
  )
}

/** Items have changed hands: whatever waited for them is applied again, and its notices are taken back. */
export async function applyAwaiting(sql: Sql, resourceIds: readonly string[]): Promise<void> {
  if (resourceIds.length === 0) return
  await applyAgain(sql, `resource_id in (select ${column('$1', 'uuid')})`, lines([...resourceIds].sort()))
}

/** Persons have become one, or two again: what waited for an item of either may be about whom it says. */
export async function applyAwaitingOf(sql: Sql, patientIds: readonly string[]): Promise<void> {
  const ofThem = `contribution_id in (
    select c.id from contribution c join patient_identifier number on number.home_patient_id = c.patient_id
     where number.patient_id = any ($1::uuid[]))`
  await applyAgain(sql, ofThem, patientIds)
}

async function applyAgain(sql: Sql, which: string, value: unknown): Promise<void> {
  const waited = await sql.query<{ id: string; messageId: string }>(
    `with waiting as (delete from waiting_item where ${which} returning contribution_id)
     update contribution set ${toDo} where id in (select contribution_id from waiting) and state = 'applied'
     returning id, inbox_message_id as "messageId"`,
    [value]
  )
  if (waited.length === 0) return
  const messageIds = waited.map(({ messageId }) => messageId)
  // A notice does not say which part of its message it is of: those that wait are given again together.
  const others = await sql.query<{ id: string }>(
    `update contribution set ${toDo}
      where inbox_message_id = any ($1::uuid[]) and state = 'applied' and id in (select contribution_id from waiting_item)
     returning id`,
    [messageIds]
  )
  const again = [...waited, ...others]
  await takeBackNotices(
    sql,
    again.map(({ id }) => id)
  )
  await announce(
    sql,
    again.map(({ id }) => ({ queue: applyJob.queue, rowId: id, attempt: 0 }))
  )
}

const toDo = `state = 'ready', attempt = 0, lease_until = null, settled_at = null`

/**
 * They will be given again, as far as they still hold: of what is another person's to whomever it was told, as that may
 * be whom a stay was moved to; all others to the contribution's own person.
 */
async function takeBackNotices(sql: Sql, contributionIds: readonly string[]): Promise<void> {
  await sql.query(
    `update quarantine set closed_at = now() from contribution
      where contribution.id = any ($1::uuid[]) and quarantine.inbox_message_id = contribution.inbox_message_id
        and quarantine.closed_at is null
        and (quarantine.reason = 'owned-by-another-person' or exists (
          select from patient_identifier number
           where number.home_patient_id = contribution.patient_id and number.patient_id = quarantine.patient_id))`,
    [contributionIds]
  )
}
