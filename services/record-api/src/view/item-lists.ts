import { compareInRecord, conflictToList, groupToList, type Reconciled } from '@chesil/care-record'
import type { List } from '@chesil/fhir'
import { type PersonState, resourceIdOf } from '@chesil/record-store'
import { type Piece, toPiece } from './gzip-stream.ts'
import { reconciledOf } from './reconciled.ts'
import type { Selection } from './selection.ts'
import type { ViewItem } from './view-item.ts'

/** A List of what is one thing, or of what sources differ about, ready to be sent. */
export interface ItemList {
  /** It follows from its members: the same for the same. */
  readonly uuid: string
  /** The first of its members in the order of the record: by it the Lists are in order, whichever leads. */
  readonly first: ViewItem
  /** `Type/id` */
  readonly members: readonly string[]
  readonly hasConflict: boolean
  /** The List as JSON. */
  readonly body: string
  readonly piece: Piece
}

const kept = new WeakMap<Reconciled, readonly ItemList[]>()

/** Groups of several, and what sources differ about, each as a List. */
export function itemListsOf(selection: Selection, state: PersonState, isHeld = false): readonly ItemList[] {
  const reconciled = reconciledOf(selection, state, isHeld)
  const lists = kept.get(reconciled) ?? makeLists(reconciled, selection, state)
  kept.set(reconciled, lists)
  return lists
}

function makeLists(
  { groups, conflicts }: Reconciled,
  { byKey }: Selection,
  { patientId }: PersonState
): readonly ItemList[] {
  const lists = [
    ...groups
      .filter(({ members }) => members.length > 1)
      .map((group) => ({
        members: group.members.map(({ key }) => key),
        hasConflict: group.conflicts.length > 0,
        list: groupToList(group, patientId)
      })),
    ...conflicts.map((conflict) => ({
      members: conflict.between,
      hasConflict: true,
      list: conflictToList(conflict, patientId)
    }))
  ]
  return lists.map((one) => toItemList(one, byKey, patientId)).sort((a, b) => compareLists(a, b, patientId))
}

export type ListPlace = Pick<ItemList, 'uuid'> & {
  readonly first: Pick<ViewItem, 'resourceType' | 'resourceId'>
}

export const compareLists = (a: ListPlace, b: ListPlace, patientId: string): number =>
  compareInRecord(a.first, b.first, patientId) || (a.uuid < b.uuid ? -1 : a.uuid > b.uuid ? 1 : 0)

interface Made {
  readonly members: readonly string[]
  readonly hasConflict: boolean
  readonly list: List
}

function toItemList(
  { members, hasConflict, list }: Made,
  byKey: ReadonlyMap<string, ViewItem>,
  patientId: string
): ItemList {
  const [first] = members
    .flatMap((key) => byKey.get(key) ?? [])
    .sort((a, b) => compareInRecord(a, b, patientId))
  if (!first) throw new Error('A List has members')
  const kind = list.extension?.find(({ url }) => url.endsWith('/conflict'))?.extension?.[0]?.valueCode
  const what = list.code?.coding?.[0]?.code === 'item-group' ? 'item-group' : `conflict ${kind}`
  const uuid = resourceIdOf(what, patientId, members.toSorted().join(' '))
  const body = JSON.stringify(list)
  const entry = `{"fullUrl":"urn:uuid:${uuid}","resource":${body},"search":{"mode":"match"}},`
  return { uuid, first, members, hasConflict, body, piece: toPiece(Buffer.from(entry)) }
}
