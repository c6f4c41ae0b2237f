import {
  indexResource,
  inRecordOrder,
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
import { chesil, type Medication, type MedicationStatement, type Resource } from '@chesil/fhir'
import type { ViewEntry } from '@chesil/record-store'
import { BlockItem } from './block-item.ts'
import type { Piece } from './gzip-stream.ts'
import { createPacker, type UnpackedItem, type ViewItem } from './view-item.ts'

export interface ItemContext {
  readonly sensitiveCodes: SensitiveCodes
  /** London's, `YYYY-MM-DD`: a medicine may have run out by then. */
  readonly day: string
  readonly baseUrl: string
}

type Labels = ReadonlyMap<string, ReadonlySet<string>>

export interface JoinOptions {
  /** By `Type/id`; absent: those of the items themselves. */
  readonly labels?: Labels
  /** Ids of resources that are not shown. */
  readonly leftOut?: ReadonlySet<string>
}

export interface JoinedItems {
  /** In the order of the record, files last. */
  readonly items: readonly ViewItem[]
  /** All but the files, as one block. */
  readonly listed: Piece
  readonly hasLeftOut: boolean
}

/** Takes entries as they come, in any order, and makes items of them that are ready to be sent. */
export function collectItems({ sensitiveCodes, day, baseUrl }: ItemContext) {
  const packer = createPacker(baseUrl)
  const collected: BlockItem[] = []
  let joined: readonly BlockItem[] = []
  const readIndex = indexReaderOf(() => joined)
  let mayHaveLabels = false

  function label(items: readonly BlockItem[], labels: Labels): void {
    if (labels.size === 0) return
    for (const item of items) {
      const own = labels.get(item.key)
      if (!own) continue
      item.labels = own
      const body = item.body.toString()
      const text = withLabels(body, own)
      if (text === body) continue
      item.isAsKept = false
      packer.lay(item, text)
    }
  }

  return {
    add(kept: ViewEntry): void {
      mayHaveLabels ||= mayBeLabelled(kept.indexText, sensitiveCodes)
      const entry = onDay(kept, day)
      const item = new BlockItem(entry, sectionsIn(entry.indexText), readIndex)
      item.isAsKept = entry === kept
      packer.lay(item, entry.body)
      collected.push(item)
    },

    /** To be called once, when all have come. */
    join(patientId: string, { labels, leftOut }: JoinOptions = {}): JoinedItems {
      const shown = leftOut ? collected.filter(({ resourceId }) => !leftOut.has(resourceId)) : collected
      joined = shown
      label(shown, labels ?? (mayHaveLabels ? labelsOf(shown, sensitiveCodes) : noLabels))
      const ordered = inRecordOrder(shown, patientId)
      // What is listed as a whole is sent as one block.
      const { items, block } = packer.join(ordered.filter(({ resourceType }) => isListedType(resourceType)))
      const files = packer.join(ordered.filter(({ resourceType }) => !isListedType(resourceType)))
      return {
        items: files.items.length === 0 ? items : [...items, ...files.items],
        listed: block,
        hasLeftOut: shown.length < collected.length
      }
    },

    /** To be called in the end, whatever became of it. */
    release: packer.release
  }
}

export type CollectedItems = ReturnType<typeof collectItems>

const noLabels: Labels = new Map()

/** Labels spread from item to item: where none has one, nobody else gets any. */
const labelsOf = (items: readonly BlockItem[], sensitive: SensitiveCodes): Labels =>
  labelItems(
    items.map(({ key, indexText }) => ({ key, index: JSON.parse(indexText) as ViewEntryIndex })),
    sensitive
  )

/** Medicines of a record are read when somebody first searches in it. */
function indexReaderOf(items: () => readonly ViewItem[]): UnpackedItem['readIndex'] {
  let names: ReadonlyMap<string, MedicineNames> | undefined
  return (indexText) => {
    names ??= new Map(
      items()
        .filter(({ resourceType }) => resourceType === 'Medication')
        .map((item) => [item.key, medicineNames(item.readResource() as Medication)])
    )
    return withMedicineNames(JSON.parse(indexText) as ViewEntryIndex, names)
  }
}

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
