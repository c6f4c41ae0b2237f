import type { Attachment, Observation } from '@chesil/fhir'
import type { MessageBody } from '../message-body.ts'
import type { ItemName } from './item-entry.ts'
import type { ResultItem } from './result-items.ts'

/** One result, what it is called, and the report that it goes with. */
export interface NamedResult {
  readonly item: ResultItem
  readonly key: string
  readonly part: string | undefined
}

/** What becomes of one result, and what of it the report is told. */
export interface ResultBody extends MessageBody {
  readonly result?: { readonly reference: string; readonly status: Observation['status'] }
  /** By its key. */
  readonly file?: readonly [key: string, attachment: Attachment]
  /** Reference */
  readonly withdrawnResult?: string
  /** Key */
  readonly withdrawnFile?: string
}

export const sectionsOfFile: ItemName['sections'] = ['documents', 'investigations']

export const itemNameOf = ({ item, key, part }: NamedResult): ItemName => ({
  key,
  sections: item.isFile ? sectionsOfFile : ['investigations'],
  ...(part !== undefined && { part })
})

/** Of the Binary that holds the file of a DocumentReference. */
export const binaryName = (document: ItemName): ItemName => ({ ...document, key: `binary/${document.key}` })
