import { compareInRecord, type ViewEntryIndex } from '@chesil/care-record'
import { type Database, instantOf } from './database.ts'

/** One entry of a person's view, its text ready to be served. */
export interface ViewEntry {
  readonly resourceType: string
  readonly resourceId: string
  readonly sourceId: string
  readonly authority: string
  /** The person's version that brought this wording: `meta.versionId`. */
  readonly version: number
  /** ms since 1970 */
  readonly lastUpdated: number
  /** Read from `indexText` when it is first wanted: most answers ask for none. */
  readonly index: ViewEntryIndex
  /** JSON */
  readonly indexText: string
  readonly body: string
  /** ms since 1970; absent for what may be kept. */
  readonly expiresAt?: number
}

/**
 * The person's entries as of a version, one by one and in no order; nothing of them is held here.
 *
 * @param authority `system`, or a session key for what only that session was shown.
 */
export async function readEachEntry(
  database: Pick<Database, 'each'>,
  { patientId, version, authority }: ViewPlace,
  take: (entry: ViewEntry) => void
): Promise<void> {
  // Of one change all entries say the same of it: read once, not for each.
  let lastOrigin = ''
  let origin = noOrigin
  // One string for each type, not for each row: it is looked at again and again.
  const types = new Map<string, string>()
  await database.each(entriesQuery, [patientId, version, authority], (columns) => {
    const row = columns as readonly string[] as EntryColumns
    if (row[2] !== lastOrigin) {
      lastOrigin = row[2]
      origin = toOrigin(lastOrigin)
    }
    const type = types.get(row[0]) ?? row[0]
    types.set(type, type)
    take(new KeptEntry(type, row, authority, origin))
  })
}

/** Whose view, as of which version, and for whom. */
export interface ViewPlace {
  readonly patientId: string
  readonly version: number
  readonly authority: string
}

type EntryColumns = readonly [type: string, id: string, origin: string, indexText: string, body: string]

/** What is alike of all entries that one change brought. */
interface Origin extends Pick<ViewEntry, 'version' | 'lastUpdated' | 'sourceId'> {
  readonly expiresAt: number | null
}

const noOrigin: Origin = { version: 0, lastUpdated: 0, expiresAt: null, sourceId: '' }

/** One column, for each costs thousands of times what it costs once. No moment has a bar; what follows may. */
const entriesQuery = `
  select resource_type, resource_id,
         concat_ws('|', from_version, last_updated, coalesce(expires_at::text, ''), source_id), search_index, body
    from view_entry
   where patient_id = $1 and from_version <= $2 and (to_version is null or to_version > $2)
     and authority = $3 and (expires_at is null or expires_at > now())`

function toOrigin(text: string): Origin {
  const [version = '', lastUpdated = '', expiresAt = '', ...sourceId] = text.split('|')
  return {
    version: Number(version),
    lastUpdated: instantOf(lastUpdated),
    expiresAt: expiresAt === '' ? null : instantOf(expiresAt),
    sourceId: sourceId.join('|')
  }
}

/** As `readEachEntry`, all of them in the order of `compareInRecord`. */
export async function readView(
  database: Pick<Database, 'each'>,
  patientId: string,
  version: number,
  authority: string
): Promise<readonly ViewEntry[]> {
  const entries: ViewEntry[] = []
  await readEachEntry(database, { patientId, version, authority }, (entry) => entries.push(entry))
  return entries.sort((a, b) => compareInRecord(a, b, patientId))
}

/** A class, for thousands of them are made for one answer, and closures would cost more than all else about them. */
export class KeptEntry implements ViewEntry {
  readonly resourceType: string
  readonly resourceId: string
  readonly sourceId: string
  readonly authority: string
  readonly version: number
  readonly lastUpdated: number
  readonly indexText: string
  readonly body: string
  declare readonly expiresAt?: number
  #index: ViewEntryIndex | undefined

  constructor(
    resourceType: string,
    [, resourceId, , indexText, body]: EntryColumns,
    authority: string,
    origin: Origin
  ) {
    this.resourceType = resourceType
    this.resourceId = resourceId
    this.sourceId = origin.sourceId
    this.authority = authority
    this.version = origin.version
    this.lastUpdated = origin.lastUpdated
    this.indexText = indexText
    this.body = body
    if (origin.expiresAt !== null) this.expiresAt = origin.expiresAt
  }

  get index(): ViewEntryIndex {
    this.#index ??= JSON.parse(this.indexText) as ViewEntryIndex
    return this.#index
  }
}
