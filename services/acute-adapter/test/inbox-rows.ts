import { gunzipSync } from 'node:zlib'
import type { Database } from '@chesil/record-store'

/** What was kept of a message. */
export interface InboxRow {
  readonly id: string
  readonly interface: string
  readonly control_id: string
  readonly control_id_reused: boolean
  readonly event: string
  readonly state: string
  readonly reason: string | null
  readonly body: Buffer | null
  readonly character_set: string
  readonly character_set_guessed: boolean
}
/** In the order in which they came. */
export const readInbox = (database: Database) =>
  database.query<InboxRow>('select * from inbox_message order by received_at, control_id, body_hash')

export const bodyOf = ({ body }: InboxRow) => body && gunzipSync(body).toString('latin1')
