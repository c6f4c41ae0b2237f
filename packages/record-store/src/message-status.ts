import type { QuarantinedItem } from '@chesil/contracts'
import type { Sql } from './database.ts'
import type { Ids } from './ids.ts'
import { column, lines } from './lines.ts'
import { raiseRevision } from './view-writing.ts'

/**
 * That a source which speaks of itself has sent something about a person: for them and for whoever they have been
 * merged into.
 *
 * @param asAt ISO instant, by the source's clock.
 */
export async function writeMessageStatus(
  sql: Sql,
  {
    homePatientId,
    sourceId,
    authority
  }: { readonly homePatientId: string; readonly sourceId: string; readonly authority: string },
  asAt: string
): Promise<void> {
  await sql.query(
    `insert into source_status as held (patient_id, source_id, authority, as_at, borrowed)
     with recursive survivor (id, is_borrowed) as (
       select $1::uuid, false
       union all select patient.merged_into, true from patient join survivor on patient.id = survivor.id
                  where patient.merged_into is not null)
     select id, $2, $3, $4::timestamptz, is_borrowed from survivor order by id
     on conflict (patient_id, source_id, authority) do update set as_at = greatest(held.as_at, excluded.as_at)
       where held.as_at is distinct from greatest(held.as_at, excluded.as_at)`,
    [homePatientId, sourceId, authority, asAt]
  )
}

/** What a message keeps back is told to whoever reads about these persons. */
export async function quarantineItems(
  sql: Sql,
  message: { readonly inboxMessageId: string; readonly sourceId: string; readonly authority: string },
  patientIds: readonly string[],
  items: readonly QuarantinedItem[],
  ids: Ids
): Promise<void> {
  const rows = patientIds.flatMap((patientId) => items.map((item) => ({ ...item, patientId })))
  if (rows.length === 0) return
  await raiseRevision(sql, patientIds)
  await sql.query(
    `insert into quarantine (id, patient_id, source_id, authority, inbox_message_id, reason, resource_type,
                             source_resource_id, section, expression)
     select ${column('$4', 'uuid')}, ${column('$1', 'uuid')}, $2, $3, $5, ${column('$6')}, ${column('$7')},
            ${column('$8')}, ${column('$9')}, ${column('$10')}`,
    [
      lines(rows.map(({ patientId }) => patientId)),
      message.sourceId,
      message.authority,
      lines(rows.map(() => ids.newId())),
      message.inboxMessageId,
      lines(rows.map(({ reason }) => reason)),
      lines(rows.map(({ resourceType }) => resourceType)),
      lines(rows.map(({ sourceResourceId }) => sourceResourceId)),
      lines(rows.map(({ sections }) => sections[0] ?? 'uncategorised')),
      lines(rows.map(({ expression }) => expression))
    ]
  )
}
