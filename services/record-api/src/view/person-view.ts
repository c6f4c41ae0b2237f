import {
  indexResource,
  isListedType,
  labelItems,
  type MedicineNames,
  mayBeLabelled,
  medicineNames,
  medicineOn,
  type SensitiveCodes,
  type ViewEntryIndex,
  withMedicineNames
} from '@chesil/care-record'
import { chesil, londonDay, type Medication, type MedicationStatement, type Resource } from '@chesil/fhir'
import { type Database, findNotTheirs, readEveryIndex, readView, type ViewEntry } from '@chesil/record-store'
import type { Piece } from './gzip-stream.ts'
import { packItems, type UnpackedItem, type ViewItem } from './view-item.ts'

export interface PersonView {
  readonly patientId: string
  readonly version: number
  /** In the order in which they are shown: the person first, and files, which no list shows, last. */
  readonly items: readonly ViewItem[]
  /** All items that are listed, ready to be sent; absent where they do not lie side by side. */
  readonly listed?: Piece
}

export interface PastView extends PersonView {
  /** Something was held then that has been found to be another person's since: it is left out. */
  readonly hasTakenBack: boolean
}

export interface PersonViewOptions {
  readonly database: Database
  readonly sensitiveCodes: SensitiveCodes
  readonly baseUrl: () => string
  readonly capacityBytes: number
  /** ms since 1970 */
  readonly now: () => number
}

/** Views made anew from what is kept. */
function createLoading(options: PersonViewOptions) {
  async function load(
    patientId: string,
    version: number,
    authority: string,
    at = options.now()
  ): Promise<PersonView> {
    const entries = await readView(options.database, patientId, version, authority)
    const day = londonDay(at)
    const labels = labelsOf(entries, options.sensitiveCodes)
    return { patientId, version, ...toItems(entries, { labels, day, baseUrl: options.baseUrl() }) }
  }

  /** With the labels of all that was ever said: what is sensitive today was not to be seen then either. */
  async function loadPast(patientId: string, version: number, at: number): Promise<PastView> {
    const held = await readView(options.database, patientId, version, 'system')
    const notTheirs = await findNotTheirs(options.database, patientId)
    const entries = held.filter(({ resourceId }) => !notTheirs.ids.has(resourceId))
    const everything = await readEveryIndex(options.database, patientId, 'system')
    const labels = labelItems(everything, options.sensitiveCodes)
    const context = { labels, day: londonDay(at), baseUrl: options.baseUrl() }
    const hasTakenBack = entries.length < held.length || (notTheirs.lastSaidAt ?? 0) > at
    return { patientId, version, hasTakenBack, ...toItems(entries, context) }
  }

  return { load, loadPast }
}

/** Makes the views that requests ask for. */
export function createPersonViews(options: PersonViewOptions) {
  const { load, loadPast } = createLoading(options)
  const loadShared = (patientId: string, version: number) => load(patientId, version, 'system')
  return {
    /** What everybody may be shown, apart from policy. */
    shared: options.capacityBytes === 0 ? loadShared : remembering(loadShared, options),

    /** What only this session was shown; never kept here. */
    session: (patientId: string, version: number, session: string): Promise<PersonView> =>
      load(patientId, version, session),

    /** An earlier version as it was shown on a day (ms since 1970), so as to tell what has changed; not kept here. */
    earlier: (patientId: string, version: number, at: number): Promise<PersonView> =>
      load(patientId, version, 'system', at),

    /** An earlier version for whoever reads it today, as of a moment (ms since 1970); not kept here. */
    past: loadPast
  }
}

/** Views of persons read lately, up to a number of bytes; on one day a version never changes, so none is ever stale. */
function remembering(
  load: (patientId: string, version: number) => Promise<PersonView>,
  { capacityBytes, now }: PersonViewOptions
) {
  const cache = new Map<string, { readonly view: Promise<PersonView>; bytes: number }>()
  let total = 0

  function forget(key: string): void {
    total -= cache.get(key)?.bytes ?? 0
    cache.delete(key)
  }

  return async (patientId: string, version: number): Promise<PersonView> => {
    const key = `${patientId} ${version} ${londonDay(now())}`
    const cached = cache.get(key)
    if (cached) {
      cache.delete(key)
      cache.set(key, cached) // the least lately used comes first
      return await cached.view
    }
    const entry = { view: load(patientId, version), bytes: 0 }
    cache.set(key, entry)
    try {
      const view = await entry.view
      if (cache.get(key) === entry) {
        entry.bytes = sizeOf(view)
        total += entry.bytes
      }
      for (const oldest of cache.keys()) {
        if (total <= capacityBytes) break
        forget(oldest)
      }
      return view
    } catch (error) {
      forget(key)
      throw error
    }
  }
}

export type PersonViews = ReturnType<typeof createPersonViews>

/** About what it takes in memory, in bytes: its text, compressed as well once somebody wants it so, and its index. */
const sizeOf = ({ items }: PersonView): number =>
  items.reduce((sum, { body }) => sum + body.length * 1.5 + 2_000, 0)

interface ItemContext {
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>
  /** London's, `YYYY-MM-DD`: a medicine may have run out by then. */
  readonly day: string
  readonly baseUrl: string
}

function toItems(
  kept: readonly ViewEntry[],
  { labels, day, baseUrl }: ItemContext
): Pick<PersonView, 'items' | 'listed'> {
  const readIndex = indexReaderOf(kept)
  const listed: UnpackedItem[] = []
  const files: UnpackedItem[] = []
  for (const one of kept) {
    const entry = onDay(one, day)
    const own = labels.size === 0 ? undefined : labels.get(keyOf(entry))
    const text = own ? withLabels(entry.body, own) : entry.body
    const item = toUnpacked(entry, readIndex, { labels: own, text, isAsKept: text === one.body })
    ;(isListedType(entry.resourceType) ? listed : files).push(item)
  }
  // What is listed as a whole is sent as one block.
  const { items, block } = packItems(listed, baseUrl)
  return { items: [...items, ...packItems(files, baseUrl).items], listed: block }
}

const keyOf = ({ resourceType, resourceId }: ViewEntry): string => `${resourceType}/${resourceId}`

const noLabels: ReadonlyMap<string, ReadonlySet<string>> = new Map()

/** Labels spread from item to item: where none has one, nobody else gets any. */
function labelsOf(entries: readonly ViewEntry[], sensitive: SensitiveCodes) {
  if (!entries.some(({ indexText }) => mayBeLabelled(indexText, sensitive))) return noLabels
  return labelItems(
    entries.map((entry) => ({ key: keyOf(entry), index: entry.index })),
    sensitive
  )
}

/** Medicines of a record are read when somebody first searches in it. */
function indexReaderOf(entries: readonly ViewEntry[]): UnpackedItem['readIndex'] {
  const medications = entries
    .filter(({ resourceType }) => resourceType === 'Medication')
    .map((entry) => ({ key: keyOf(entry), body: entry.body }))
  let names: ReadonlyMap<string, MedicineNames> | undefined
  return (indexText) => {
    names ??= new Map(
      medications.map(({ key, body }) => [key, medicineNames(JSON.parse(body) as Medication)])
    )
    return withMedicineNames(JSON.parse(indexText) as ViewEntryIndex, names)
  }
}

/** Of the entry only what is wanted later is held: its text lies in the block. */
const toUnpacked = (
  entry: ViewEntry,
  readIndex: UnpackedItem['readIndex'],
  { labels, text, isAsKept }: Pick<UnpackedItem, 'labels' | 'text' | 'isAsKept'>
): UnpackedItem => ({
  resourceType: entry.resourceType,
  resourceId: entry.resourceId,
  sourceId: entry.sourceId,
  version: entry.version,
  lastUpdated: entry.lastUpdated,
  sections: sectionsIn(entry.indexText),
  indexText: entry.indexText,
  readIndex,
  labels,
  text,
  isAsKept,
  ...(entry.expiresAt !== undefined && { expiresAt: entry.expiresAt })
})

const sectionsName = '"sections":['
/** The same few lists stand on thousands of items. */
const knownSections = new Map<string, readonly string[]>([['', []]])

/** Names of sections are words of ours: none of them has a bracket or a quote, and no text of the index looks like this one. */
function sectionsIn(indexText: string): readonly string[] {
  const start = indexText.lastIndexOf(sectionsName)
  const text = start < 0 ? '' : indexText.slice(start + sectionsName.length, indexText.indexOf(']', start))
  const known = knownSections.get(text) ?? (JSON.parse(`[${text}]`) as string[])
  if (knownSections.size < 1_000) knownSections.set(text, known)
  return known
}

/** A medicine may have run out since its practice was asked. */
function onDay(entry: ViewEntry, today: string): ViewEntry {
  if (entry.resourceType !== 'MedicationStatement' || !entry.body.includes('medicine-currency-until'))
    return entry
  const medicine = JSON.parse(entry.body) as MedicationStatement
  const present = medicineOn(medicine, today)
  if (present === medicine) return entry
  const index = indexResource(present, entry.index.sections ?? [])
  return { ...entry, index, indexText: JSON.stringify(index), body: JSON.stringify(present) }
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
