import { createHash, randomUUID } from 'node:crypto'

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

/**
 * Chesil's id of an item, the same for ever: a name-based UUID (version 8, SHA-256) of who says it, of what
 * type, under which id.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8
 */
export function resourceIdOf(sourceId: string, resourceType: string, sourceResourceId: string): string {
  const hash = createHash('sha256').update(`${sourceId}\n${resourceType}\n${sourceResourceId}`).digest()
  hash[6] = ((hash[6] as number) & 0x0f) | 0x80
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
