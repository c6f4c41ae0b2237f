import { decideGateWithoutPds } from '@chesil/care-record'
import {
  type Database,
  type ReceiptQuery,
  readPersonState,
  readWebhookFacts,
  type WebhookFacts
} from '@chesil/record-store'
import { type Receipt, type SeenPerson, toReceipt } from './receipt.ts'

/** The latest first. */
export async function readReceipts(database: Database, query: ReceiptQuery): Promise<readonly Receipt[]> {
  const facts = await readWebhookFacts(database, query)
  const seen = await findSeen(database, facts)
  return facts.map((one) => toReceipt(one, seen))
}

/**
 * Those whose record is open to readers. Of everybody else nothing is told, and not why: somebody restricted looks like
 * somebody whom PDS has not been asked about.
 */
async function findSeen(
  database: Database,
  facts: readonly WebhookFacts[]
): Promise<ReadonlyMap<string, SeenPerson>> {
  const parts = facts.flatMap(({ messages }) => messages.flatMap((message) => message.parts))
  const ids = [
    ...new Set(parts.flatMap(({ patientId, appliedVersion }) => (appliedVersion ? [patientId] : [])))
  ]
  const states = await Promise.all(ids.map((id) => readPersonState(database, id, 'system')))
  return new Map(
    ids.flatMap((id, at) => {
      const state = states[at]
      if (!state || decideGateWithoutPds(state) !== 'open-without-address') return []
      return [[id, { patientId: state.patientId, version: state.version }] as const]
    })
  )
}
