import type { Searchable, ViewEntryIndex } from '@chesil/care-record'
import { BlockItem } from './block-item.ts'

import { joinBlock, type Piece, type StoredPiece, toPiece } from './gzip-stream.ts'
import { createSlabs } from './slabs.ts'

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
  /** Whether its index has a token of that name, other than of a medicine; mostly told without reading the index. */
  hasToken(name: string): boolean
}

/** An item that has yet to get its place among the bytes. */
export interface UnpackedItem
  extends Omit<ViewItem, 'index' | 'key' | 'piece' | 'body' | 'readResource' | 'hasToken'> {
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
  const around = before.length + 1 + between.length + after.length
  const length = unpacked.reduce(
    (sum, { resourceType, resourceId, text }) =>
      sum + around + resourceType.length + resourceId.length + Buffer.byteLength(text),
    0
  )
  const block = Buffer.allocUnsafeSlow(length)
  let end = 0
  const items = unpacked.map((item) => {
    const packed = new BlockItem(item, item.sections, item.readIndex)
    packed.isAsKept = item.isAsKept
    packed.labels = item.labels
    const start = end
    const bodyStart = start + block.write(`${before}${packed.key}${between}`, start, 'latin1')
    const bodyEnd = bodyStart + block.write(item.text, bodyStart)
    end = bodyEnd + block.write(after, bodyEnd, 'latin1')
    packed.place(block, { start, bodyStart, bodyEnd, end })
    return packed
  })
  return { items, block: joinBlock(block, () => items.map(({ piece }) => piece)) }
}

/** Lays items down as they come, and joins them once it is known in which order they stand. */
export function createPacker(baseUrl: string) {
  const before = `{"fullUrl":"${baseUrl}/`
  const slabs = createSlabs()
  return {
    /** @param text The resource as JSON. */
    lay(item: BlockItem, text: string): void {
      const opening = `${before}${item.resourceType}/${item.resourceId}${between}`
      slabs.write(opening, text, afterBytes)
      const { slab, start, end } = slabs
      item.place(slab, { start, bodyStart: start + opening.length, bodyEnd: end - after.length, end })
    },

    join(items: readonly BlockItem[]): Packed {
      const block = Buffer.allocUnsafeSlow(items.reduce((sum, { length }) => sum + length, 0))
      let end = 0
      for (const item of items) end = item.moveTo(block, end)
      return { items, block: joinBlock(block, () => items.map(({ piece }) => piece)) }
    },

    /** Whatever was laid and not joined is gone. */
    release: () => slabs.release()
  }
}

const between = '","resource":'
const after = ',"search":{"mode":"match"}},'
const afterBytes = Buffer.from(after)
const afterIncluded = Buffer.from(',"search":{"mode":"include"}},')

/** As an entry that is there because a match refers to it, or it to a match. */
export const includedPiece = ({ piece: { plain } }: ViewItem): Piece =>
  toPiece(Buffer.concat([plain.subarray(0, plain.length - after.length), afterIncluded]))
