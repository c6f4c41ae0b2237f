import type { FhirSender, MappedMessage } from '@chesil/contracts'
import type { Validator } from '@chesil/fhir-validator'
import { fhirR4PushToContributions, readFhirPush, tellingsOf } from '@chesil/mappers'
import { type Database, tellPushedItems } from '@chesil/record-store'
import { contextOf } from '../message-context.ts'
import { readJson } from './read-body.ts'

/**
 * Maps what a partner pushed. Whose its items are is noted first, and committed: of two messages about one item, mapped
 * at the same time, the later one knows of both.
 */
export async function mapFhirPush(
  body: Buffer,
  sender: FhirSender,
  receivedAt: string,
  { database, validator }: { readonly database: Database; readonly validator: Validator }
): Promise<MappedMessage> {
  const read = readJson(body)
  const context = contextOf(sender, receivedAt)
  const push = 'json' in read ? readFhirPush(read.json, context) : undefined
  if (push?.outcome !== 'read') return { outcome: 'refused', reason: 'not-a-record' }
  const told = await database.transaction((sql) => tellPushedItems(sql, sender.id, tellingsOf(push, context)))
  const isValid = (resource: Parameters<Validator['validate']>[0]) =>
    validator.validate(resource).length === 0
  return fhirR4PushToContributions(push, told, { ...context, isValid })
}
