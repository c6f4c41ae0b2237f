import type { FhirSender } from '@chesil/contracts'
import { type FhirPush, refusedOfPush, staysOfPush, withoutPushed } from '@chesil/mappers'
import { type Database, findRefusedVisits, rememberRefusedVisits, visitHashOf } from '@chesil/record-store'
import type { DoorTraits } from '../intake/denied-values.ts'

interface Given {
  readonly source: FhirSender
  /** Whether the source does not share what has these traits. */
  readonly isDenied: (traits: DoorTraits) => boolean
  readonly json: unknown
  /** The same, as it came. */
  readonly bytes: Buffer
}

export interface LeftOfPush {
  /** Items that the source does not share: of them nothing is kept but their number. */
  readonly denied: number
  readonly items: FhirPush['items']
  /** As it came, to the letter, where nothing of it is refused; absent: nothing is left. */
  readonly bytes?: Buffer
}

/**
 * Lets in what the source's agreement allows, before anything is kept. A stay that was refused is remembered by its hash:
 * what belongs to it and comes later, by itself, is refused too.
 */
export async function withoutDenied(
  push: FhirPush,
  { source, isDenied, json, bytes }: Given,
  { database }: { readonly database: Database }
): Promise<LeftOfPush> {
  const hashOf = (stay: string) => visitHashOf(source.id, stay)
  const stays = staysOfPush(push)
  const before = stays.length === 0 ? [] : await findRefusedVisits(database, source.id, stays.map(hashOf))
  const hashes = new Set(before)
  const known = new Set(stays.filter((stay) => hashes.has(hashOf(stay))))
  const refused = refusedOfPush(push, isDenied, known)
  if (refused.size === 0) return { denied: 0, items: push.items, bytes }
  const names = [...refused].filter(({ type }) => type === 'Encounter').map(({ type, id }) => `${type}/${id}`)
  if (names.length > 0) await rememberRefusedVisits(database, source.id, names.map(hashOf))
  const items = push.items.filter(({ entry }) => !refused.has(entry))
  const left = items.length === 0 ? undefined : Buffer.from(JSON.stringify(withoutPushed(json, refused)))
  return { denied: refused.size, items, ...(left && { bytes: left }) }
}
