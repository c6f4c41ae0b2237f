import {
  indexResource,
  isListedType,
  labelItems,
  medicineOn,
  type Searchable,
  type SensitiveCodes,
  withMedicineCodes
} from '@chesil/care-record'
import { chesil, londonDay, type MedicationStatement, type Resource } from '@chesil/fhir'
import { type Database, readView, type ViewEntry } from '@chesil/record-store'
import { joinPieces, type Piece, toPiece } from './gzip-stream.ts'

/** One resource of a person's view, ready to be sent. */
export interface ViewItem extends Searchable {
  /** `Type/id` */
  readonly key: string
  readonly sourceId: string
  /** `meta.versionId` */
  readonly version: number
  /** False where `body` says more or less than that version as it is kept: a label, a tag, an address. */
  readonly isAsKept: boolean
  /** Security labels, those of its codes and of what it belongs to included; absent: none. */
  readonly labels: ReadonlySet<string> | undefined
  /** As an entry of a Bundle, with the comma that follows it. */
  readonly piece: Piece
  /** The resource alone: a part of `piece`. */
  readonly body: Buffer
  /** ms since 1970; absent for what may be kept. */
  readonly expiresAt?: number
}

export interface PersonView {
  readonly patientId: string
  readonly version: number
  /** In the order in which they are shown: the person first, and files, which no list shows, last. */
  readonly items: readonly ViewItem[]
}

/** The order in which a record is shown: the person, what sources say of the person, then by type and id. */
export function compareInRecord(
  a: Pick<ViewItem, 'resourceType' | 'resourceId'>,
  b: Pick<ViewItem, 'resourceType' | 'resourceId'>,
  patientId: string
): number {
  return (
    Number(a.resourceType !== 'Patient') - Number(b.resourceType !== 'Patient') ||
    Number(a.resourceId !== patientId) - Number(b.resourceId !== patientId) ||
    compareText(a.resourceType, b.resourceType) ||
    compareText(a.resourceId, b.resourceId)
  )
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export interface UnpackedItem {
  readonly item: Omit<ViewItem, 'key' | 'piece' | 'body'>
  /** The resource as JSON. */
  readonly body: string
}

/** Lays the entries of a Bundle one behind the other in one block, of which each item is a part. */
export function packItems(unpacked: readonly UnpackedItem[], baseUrl: string): readonly ViewItem[] {
  const keyed = unpacked.map(({ item, body }) => {
    const key = `${item.resourceType}/${item.resourceId}`
    return { item, body, key, before: `{"fullUrl":"${baseUrl}/${key}","resource":` }
  })
  const length = keyed.reduce(
    (sum, { before, body }) => sum + before.length + Buffer.byteLength(body) + after.length,
    0
  )
  const block = Buffer.allocUnsafeSlow(length)
  let end = 0
  return keyed.map(({ item, body, key, before }) => {
    const start = end
    const bodyStart = start + block.write(before, start, 'latin1')
    const bodyEnd = bodyStart + block.write(body, bodyStart)
    end = bodyEnd + block.write(after, bodyEnd, 'latin1')
    return {
      ...item,
      key,
      piece: toPiece(block.subarray(start, end)),
      body: block.subarray(bodyStart, bodyEnd)
    }
  })
}

const after = ',"search":{"mode":"match"}},'

/** @returns the items as one piece; of a whole block the bytes are not copied. */
export function joinItems(items: readonly ViewItem[]): Piece {
  const [first, last] = [items[0]?.piece.plain, items.at(-1)?.piece.plain]
  const length = items.reduce((sum, { piece }) => sum + piece.plain.length, 0)
  const isBlock = first && last && first.buffer === last.buffer && first.buffer.byteLength === length
  const joined = joinPieces(items.map(({ piece }) => piece))
  if (!isBlock) return joined
  return { plain: Buffer.from(first.buffer), deflated: joined.deflated, crc: joined.crc }
}

export interface PersonViewOptions {
  readonly database: Database
  readonly sensitiveCodes: SensitiveCodes
  readonly baseUrl: () => string
  readonly capacityBytes: number
  /** ms since 1970 */
  readonly now: () => number
}

/** Views of persons read lately, up to a number of bytes; on one day a version never changes, so none is ever stale. */
export function createPersonViews(options: PersonViewOptions) {
  const cache = new Map<string, { readonly view: Promise<PersonView>; bytes: number }>()
  let total = 0

  function forget(key: string): void {
    total -= cache.get(key)?.bytes ?? 0
    cache.delete(key)
  }

  async function load(patientId: string, version: number, authority: string): Promise<PersonView> {
    const entries = await readView(options.database, patientId, version, authority)
    return { patientId, version, items: toItems(entries, options) }
  }

  return {
    /** What everybody may be shown, apart from policy. */
    async shared(patientId: string, version: number): Promise<PersonView> {
      const key = `${patientId} ${version} ${londonDay(options.now())}`
      const cached = cache.get(key)
      if (cached) {
        cache.delete(key)
        cache.set(key, cached) // the least lately used comes first
        return await cached.view
      }
      const entry = { view: load(patientId, version, 'system'), bytes: 0 }
      cache.set(key, entry)
      try {
        const view = await entry.view
        if (cache.get(key) === entry) {
          entry.bytes = view.items.reduce((sum, item) => sum + item.piece.plain.length + 500, 0)
          total += entry.bytes
        }
        for (const oldest of cache.keys()) {
          if (total <= options.capacityBytes) break
          forget(oldest)
        }
        return view
      } catch (error) {
        forget(key)
        throw error
      }
    },

    /** What only this session was shown; never kept here. */
    session: load
  }
}

export type PersonViews = ReturnType<typeof createPersonViews>

function toItems(
  kept: readonly ViewEntry[],
  { sensitiveCodes, baseUrl, now }: Pick<PersonViewOptions, 'sensitiveCodes' | 'baseUrl' | 'now'>
): readonly ViewItem[] {
  const today = londonDay(now())
  const entries = kept.map((entry) => ({ ...onDay(entry, today), kept: entry }))
  const indexed = withMedicineCodes(
    entries.map((entry) => ({ entry, key: `${entry.resourceType}/${entry.resourceId}`, index: entry.index }))
  )
  const labels = labelItems(indexed, sensitiveCodes)
  const unpacked = indexed.map(({ entry: { body, kept, authority: _authority, ...item }, key, index }) => {
    const own = labels.get(key)
    const labelled = own ? withLabels(body, own) : body
    return { item: { ...item, index, labels: own, isAsKept: labelled === kept.body }, body: labelled }
  })
  // What is listed as a whole is sent as one block.
  const isListed = ({ item }: UnpackedItem): boolean => isListedType(item.resourceType)
  const files = unpacked.filter((one) => !isListed(one))
  return [...packItems(unpacked.filter(isListed), baseUrl()), ...packItems(files, baseUrl())]
}

/** A medicine may have run out since its practice was asked. */
function onDay(entry: ViewEntry, today: string): ViewEntry {
  if (entry.resourceType !== 'MedicationStatement' || !entry.body.includes('medicine-currency-until'))
    return entry
  const medicine = JSON.parse(entry.body) as MedicationStatement
  const present = medicineOn(medicine, today)
  if (present === medicine) return entry
  const index = indexResource(present, entry.index.sections ?? [])
  return { ...entry, index, body: JSON.stringify(present) }
}

/** A label that our table gave stands in `meta.security` beside those of the source. */
function withLabels(body: string, labels: ReadonlySet<string>): string {
  const resource = JSON.parse(body) as Resource
  const given = resource.meta?.security ?? []
  const known = new Set(given.map(({ code }) => code))
  const added = [...labels].filter((code) => !known.has(code)).map((code) => ({ system: chesil.label, code }))
  if (added.length === 0) return body
  return JSON.stringify({ ...resource, meta: { ...resource.meta, security: [...given, ...added] } })
}
