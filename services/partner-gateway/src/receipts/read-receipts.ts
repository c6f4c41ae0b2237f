import { decideGateWithoutPds } from '@chesil/care-record'
import {
  type Database,
  keepToldPersons,
  type ReceiptQuery,
  readPersonState,
  readWebhookFacts,
  type WebhookFacts
} from '@chesil/record-store'
import { type Receipt, type SeenPerson, toReceipt } from './receipt.ts'

/**
 * The latest first. Who was told once that readers see something is told so ever after: that a record was closed since is
 * no news for them.
 */
export async function readReceipts(database: Database, query: ReceiptQuery): Promise<readonly Receipt[]> {
  const facts = await readWebhookFacts(database, query)
  const untold = facts.filter(({ toldPersons }) => toldPersons === null)
  const seen = await findSeen(database, untold)
  const receipts = facts.map((one) => toReceipt(one, seen))
  const untoldIds = new Set(untold.map(({ id }) => id))
  const firstTold = receipts.filter(({ id, state }) => state === 'visible' && untoldIds.has(id))
  await keepToldPersons(database, firstTold)
  return receipts
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
