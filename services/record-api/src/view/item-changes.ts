import type { ChangeReason } from '@chesil/care-record'

/** What has become of one item, ready to be told. */
export interface ItemChange {
  /** `Type/id` */
  readonly key: string
  /** As it is shown now; absent: it is not any more. */
  readonly item?: { readonly body: Buffer; readonly etag: string }
  readonly reason: ChangeReason
  /** The version that brought the change. */
  readonly version: number
  /** Which source said it; absent where none did. */
  readonly source?: string
  /** ms since 1970: when the change took effect here. */
  readonly changedAt: number
}
