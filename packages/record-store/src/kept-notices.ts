import type { Sql } from './database.ts'

/** A notice of the inbox whose bytes are there still. */
export interface KeptNotice {
  readonly id: string
  readonly sourceId: string
  /** gzip */
  readonly body: Buffer
}

export interface NoticeName {
  /** UUID: our own id of it. Absent where what is sought cannot be one. */
  readonly id?: string | undefined
  /** By which its sender knows it. */
  readonly controlId: string
}

/** Of one number; where there are as many there may be more. */
export const mostNotices = 20

/**
 * The index of notices serves a query that names their interface as it stands, and no parameter.
 *
 * @returns the notices by that name, the last to come first: senders give one number to several.
 */
export async function findNotices(sql: Sql, name: NoticeName): Promise<readonly KeptNotice[]> {
  return await sql.query<KeptNotice>(
    `with named as (
       select id from inbox_message where interface = 'social-care-adw' and control_id = $1
       union select $2::uuid)
     select id, source_id as "sourceId", body from inbox_message
      where id in (select id from named) and interface = 'social-care-adw' and body is not null
      order by received_at desc, id limit $3`,
    [name.controlId, name.id ?? null, mostNotices]
  )
}
