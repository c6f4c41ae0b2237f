import { parseNhsNumber } from '@chesil/fhir'
import { createDatabase, recordObjection, systemIds } from '@chesil/record-store'
import type { SandboxPerson } from './sandbox.ts'

/** PDS and the practices know nothing of an objection to the shared record: Chesil's own keepers record it. */
export async function recordObjections(databaseUrl: string, people: readonly SandboxPerson[]): Promise<void> {
  const objecting = people.filter(({ kind }) => kind === 'objecting')
  if (objecting.length === 0) return
  const database = createDatabase({ url: databaseUrl, applicationName: 'chesil-demo', maxConnections: 1 })
  try {
    for (const { nhsNumber } of objecting) {
      const objection = { id: systemIds.newId(), nhsNumber: parseNhsNumber(nhsNumber), recordedBy: 'demo' }
      await database.transaction((sql) => recordObjection(sql, objection))
    }
  } finally {
    await database.close()
  }
}
