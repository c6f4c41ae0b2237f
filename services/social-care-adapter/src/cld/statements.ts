import type { CldRow, CldStatement } from '@chesil/mappers'
import { readSubmissionRows, type Sql } from '@chesil/record-store'

/** How much of it is read at once: rows as JSON, parsed they are some times as large. */
export const bytesAtOnce = 4_194_304

/** What a council's submissions say of these persons, read back. */
export async function readStatements(
  sql: Sql,
  sourceId: string,
  personKeys: readonly string[]
): Promise<ReadonlyMap<string, readonly CldStatement[]>> {
  const kept = await readSubmissionRows(sql, sourceId, personKeys)
  const statements = new Map<string, CldStatement[]>()
  for (const { personKey, submissionId, rows } of kept) {
    const own = statements.get(personKey) ?? []
    statements.set(personKey, own)
    own.push({ submissionId, rows: rows.split('\n').map((row) => JSON.parse(row) as CldRow) })
  }
  return statements
}
