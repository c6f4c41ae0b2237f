import type { Searchable, ViewEntryIndex } from '@chesil/care-record'
import type { Resource } from '@chesil/fhir'
import { joinBlock, type Piece, type StoredPiece, toPiece } from './gzip-stream.ts'

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
  /** Where it stands in its source's record, as in `index`, which need not be read for it. */
  readonly sections: readonly string[]
  /** As an entry of a Bundle, with the comma that follows it. */
  readonly piece: StoredPiece
  /** The resource alone: a part of `piece`. */
  readonly body: Buffer
  /** ms since 1970; absent for what may be kept. */
  readonly expiresAt?: number
}

/** An item that has yet to get its place among the bytes. */
export interface UnpackedItem extends Omit<ViewItem, 'index' | 'key' | 'piece' | 'body' | 'readResource'> {
  /** Asked for once, when it is first wanted, and given `indexText`. One for all items, not one for each. */
  readonly readIndex: (indexText: string) => ViewEntryIndex
  readonly indexText?: string
  /** The resource as JSON. */
  readonly text: string
}

/** What of an item stays when another resource is shown in its place. */
export const unpack = (item: ViewItem): Omit<UnpackedItem, 'readIndex' | 'indexText' | 'text'> => ({
  resourceType: item.resourceType,
  resourceId: item.resourceId,
  lastUpdated: item.lastUpdated,
  sourceId: item.sourceId,
  version: item.version,
  isAsKept: item.isAsKept,
  labels: item.labels,
  sections: item.sections,
  ...(item.expiresAt !== undefined && { expiresAt: item.expiresAt })
})

export interface Packed {
  readonly items: readonly ViewItem[]
  /** All of them, one behind the other. */
  readonly block: Piece
}

/** Lays the entries of a Bundle one behind the other in one block, of which each item is a part. */
export function packItems(unpacked: readonly UnpackedItem[], baseUrl: string): Packed {
  const before = `{"fullUrl":"${baseUrl}/`
  let length = 0
  for (const { resourceType, resourceId, text } of unpacked) {
    const around = before.length + resourceType.length + 1 + resourceId.length + between.length + after.length
    length += around + Buffer.byteLength(text)
  }
  const block = Buffer.allocUnsafeSlow(length)
  let end = 0
  const items = unpacked.map((item) => {
    const start = end
    const key = `${item.resourceType}/${item.resourceId}`
    const bodyStart = start + block.write(`${before}${key}${between}`, start, 'latin1')
    const bodyEnd = bodyStart + block.write(item.text, bodyStart)
    end = bodyEnd + block.write(after, bodyEnd, 'latin1')
    return new BlockItem(item, key, block, { start, bodyStart, bodyEnd, end })
  })
  return { items, block: joinBlock(block, () => items.map(({ piece }) => piece)) }
}

const between = '","resource":'
const after = ',"search":{"mode":"match"}},'
const afterIncluded = Buffer.from(',"search":{"mode":"include"}},')

/** As an entry that is there because a match refers to it, or it to a match. */
export const includedPiece = ({ piece: { plain } }: ViewItem): Piece =>
  toPiece(Buffer.concat([plain.subarray(0, plain.length - after.length), afterIncluded]))

interface Place {
  readonly start: number
  readonly bodyStart: number
  readonly bodyEnd: number
  readonly end: number
}

/**
 * An item in its block. Most answers want the block and nothing of the single item: what is of one is made when it is
 * wanted. A class, for closures would take as much memory as the text: a process holds a hundred thousand of these.
 */
class BlockItem implements ViewItem {
  readonly resourceType: string
  readonly resourceId: string
  readonly lastUpdated: number
  readonly sourceId: string
  readonly version: number
  readonly isAsKept: boolean
  readonly labels: ReadonlySet<string> | undefined
  readonly sections: readonly string[]
  readonly key: string
  declare readonly expiresAt?: number
  readonly #block: Buffer
  readonly #start: number
  readonly #bodyStart: number
  readonly #bodyEnd: number
  readonly #end: number
  readonly #readIndex: UnpackedItem['readIndex']
  readonly #indexText: string
  #index: ViewEntryIndex | undefined
  #piece: StoredPiece | undefined

  constructor(item: UnpackedItem, key: string, block: Buffer, place: Place) {
    this.resourceType = item.resourceType
    this.resourceId = item.resourceId
    this.lastUpdated = item.lastUpdated
    this.sourceId = item.sourceId
    this.version = item.version
    this.isAsKept = item.isAsKept
    this.labels = item.labels
    this.sections = item.sections
    this.key = key
    if (item.expiresAt !== undefined) this.expiresAt = item.expiresAt
    this.#block = block
    this.#start = place.start
    this.#bodyStart = place.bodyStart
    this.#bodyEnd = place.bodyEnd
    this.#end = place.end
    this.#readIndex = item.readIndex
    this.#indexText = item.indexText ?? ''
  }

  get index(): ViewEntryIndex {
    this.#index ??= this.#readIndex(this.#indexText)
    return this.#index
  }

  get piece(): StoredPiece {
    this.#piece ??= toPiece(this.#block.subarray(this.#start, this.#end))
    return this.#piece
  }

  get body(): Buffer {
    return this.#block.subarray(this.#bodyStart, this.#bodyEnd)
  }

  readResource(): Resource {
    return JSON.parse(this.body.toString())
  }
}
