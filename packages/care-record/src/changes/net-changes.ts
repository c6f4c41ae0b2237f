import { reasonOfUpdate } from './reason-of-update.ts'

/** An item as a reader is shown it. */
export interface ComparedItem {
  /** `Type/id` */
  readonly key: string
  /** The version of the record in which it got this wording. */
  readonly version: number
  /** JSON; `resourceType`, `id` and `meta` come first, with `versionId` and `lastUpdated` in front. */
  readonly body: { toString(): string }
}

/** What is known of a version of a record. */
export interface VersionReason {
  readonly version: number
  readonly cause: 'pds-trace' | 'contribution' | 'merge' | 'unmerge' | 'retention-rule'
  readonly isLate: boolean
}

/** Why a change came; what each means stands in docs/fhir.md. */
export type ChangeReason =
  | 'new-data'
  | 'late-data'
  | 'update'
  | 'correction'
  | 'merge'
  | 'unlink'
  | 'as-shown'

/** What has become of one item between two versions of a record, whatever it went through in between. */
export interface NetChange<Item extends ComparedItem> {
  readonly key: string
  /** Absent: it is not shown any more. */
  readonly item?: Item
  readonly reason: ChangeReason
  /** The version that brought it; of what only the showing changed, the present one. */
  readonly version: number
}

export interface ChangesBetween<Item extends ComparedItem> {
  readonly before: readonly Item[]
  /** Keys of all that the record held then, also of what this reader was not shown. */
  readonly heldBefore: ReadonlySet<string>
  readonly present: readonly Item[]
  readonly presentVersion: number
  /** Of all versions that came in between. */
  readonly versions: ReadonlyMap<number, VersionReason>
  /** By key, of what was shown before and does not stand any more: the version that ended it. */
  readonly ended: ReadonlyMap<string, number>
}

/**
 * What one reader is shown otherwise than before: whoever applies each change to what they were shown then has what
 * they are shown now. What became something else and then the same again is not told.
 *
 * @returns oldest change first, each item once.
 */
export function netChanges<Item extends ComparedItem>(
  between: ChangesBetween<Item>
): readonly NetChange<Item>[] {
  const { before, present } = between
  const known = new Map(before.map((item) => [item.key, item]))
  const shown = new Set(present.map(({ key }) => key))
  const put = present
    .filter((item) => !isSame(known.get(item.key), item))
    .map((item) => changeTo(item, known.has(item.key), between))
  const gone = before.filter(({ key }) => !shown.has(key)).map(({ key }) => changeAway(key, between))
  return [...put, ...gone].sort(compareChanges)
}

/** By version, then by key: an order in which pages can go on. */
export function compareChanges(
  a: Pick<NetChange<ComparedItem>, 'version' | 'key'>,
  b: Pick<NetChange<ComparedItem>, 'version' | 'key'>
): number {
  return a.version - b.version || (a.key < b.key ? -1 : Number(a.key > b.key))
}

function isSame(before: ComparedItem | undefined, item: ComparedItem): boolean {
  if (before === undefined) return false
  return contentOf(before) === contentOf(item)
}

const held = /^(\{"resourceType":"[A-Za-z]+","id":"[^"]+","meta":\{)"versionId":"\d+","lastUpdated":"[^"]+",?/
const contentOf = ({ body }: ComparedItem): string => body.toString().replace(held, '$1')

function changeTo<Item extends ComparedItem>(
  item: Item,
  wasShown: boolean,
  { versions, presentVersion, heldBefore }: ChangesBetween<Item>
): NetChange<Item> {
  const { key, version } = item
  const made = versions.get(version)
  // It was there, and withheld: that is no news of its source.
  if (!made || (!wasShown && heldBefore.has(key) && !reasonOfMove(made)))
    return { key, item, reason: 'as-shown', version: presentVersion }
  const moved = reasonOfMove(made)
  if (moved) return { key, item, reason: moved, version }
  const news = wasShown ? reasonOfUpdate(item.body.toString()) : 'new-data'
  return { key, item, reason: made.isLate ? 'late-data' : news, version }
}

function changeAway<Item extends ComparedItem>(
  key: string,
  { ended, versions, presentVersion }: ChangesBetween<Item>
): NetChange<Item> {
  const made = versions.get(ended.get(key) ?? 0)
  if (!made) return { key, reason: 'as-shown', version: presentVersion }
  return { key, reason: reasonOfMove(made) ?? 'correction', version: made.version }
}

function reasonOfMove({ cause }: VersionReason): ChangeReason | undefined {
  if (cause === 'merge') return 'merge'
  return cause === 'unmerge' ? 'unlink' : undefined
}
