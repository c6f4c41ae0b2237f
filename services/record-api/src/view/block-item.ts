import type { ViewEntryIndex } from '@chesil/care-record'
import type { Resource } from '@chesil/fhir'
import { type StoredPiece, toPiece } from './gzip-stream.ts'
import type { UnpackedItem, ViewItem } from './view-item.ts'

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
export class BlockItem implements ViewItem {
  readonly resourceType: string
  readonly resourceId: string
  readonly lastUpdated: number
  readonly sourceId: string
  readonly version: number
  readonly sections: readonly string[]
  declare readonly expiresAt?: number
  isAsKept = true
  labels: ReadonlySet<string> | undefined
  #block: Buffer = nowhere
  #start = 0
  #bodyStart = 0
  #bodyEnd = 0
  #end = 0
  readonly #readIndex: UnpackedItem['readIndex']
  readonly indexText: string
  #key: string | undefined
  #index: ViewEntryIndex | undefined
  #piece: StoredPiece | undefined

  constructor(
    item: Pick<
      UnpackedItem,
      'resourceType' | 'resourceId' | 'lastUpdated' | 'sourceId' | 'version' | 'expiresAt' | 'indexText'
    >,
    sections: readonly string[],
    readIndex: UnpackedItem['readIndex']
  ) {
    this.resourceType = item.resourceType
    this.resourceId = item.resourceId
    this.lastUpdated = item.lastUpdated
    this.sourceId = item.sourceId
    this.version = item.version
    this.sections = sections
    if (item.expiresAt !== undefined) this.expiresAt = item.expiresAt
    this.#readIndex = readIndex
    this.indexText = item.indexText ?? ''
  }

  place(block: Buffer, { start, bodyStart, bodyEnd, end }: Place): void {
    this.#block = block
    this.#start = start
    this.#bodyStart = bodyStart
    this.#bodyEnd = bodyEnd
    this.#end = end
  }

  /** @returns where it ends there. */
  moveTo(block: Buffer, at: number): number {
    this.#block.copy(block, at, this.#start, this.#end)
    const by = at - this.#start
    this.#block = block
    this.#start = at
    this.#bodyStart += by
    this.#bodyEnd += by
    this.#end += by
    return this.#end
  }

  /** Of its piece, in bytes. */
  get length(): number {
    return this.#end - this.#start
  }

  get key(): string {
    this.#key ??= `${this.resourceType}/${this.resourceId}`
    return this.#key
  }

  get index(): ViewEntryIndex {
    this.#index ??= this.#readIndex(this.indexText)
    return this.#index
  }

  hasToken(name: string): boolean {
    if (this.indexText !== '' && !this.indexText.includes(`"${name}":`)) return false
    return this.index.token?.[name] !== undefined
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

const nowhere = Buffer.alloc(0)
