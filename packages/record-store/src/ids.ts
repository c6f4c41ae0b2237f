import { createHash, randomUUID } from 'node:crypto'
import type { LocalIdentifier } from '@chesil/contracts'

/** Where ids and hashes come from; replaced in tests that must be repeatable. */
export interface Ids {
  readonly newId: () => string
  /** SHA-256 in base64url. */
  readonly contentHash: (text: string) => string
}

export const systemIds: Ids = {
  newId: randomUUID,
  contentHash: (text) => createHash('sha256').update(text).digest('base64url')
}

/** Chesil's id of an item, the same for ever: it follows from who says it, of what type, under which id. */
export const resourceIdOf = (sourceId: string, resourceType: string, sourceResourceId: string): string =>
  uuidOf(sourceId, resourceType, sourceResourceId)

/**
 * Chesil's id of a person as a source knows them, the same for ever: messages of one moment make one person, and
 * none has to look them up. Who that is to PDS is told by merges.
 */
export const personIdOf = ({ system, value }: LocalIdentifier): string => uuidOf('person', system, value)

/**
 * A name-based UUID (version 8, SHA-256).
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8
 */
function uuidOf(...names: readonly string[]): string {
  const hash = createHash('sha256').update(names.join('\n')).digest()
  hash[6] = ((hash[6] as number) & 0x0f) | 0x80
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
