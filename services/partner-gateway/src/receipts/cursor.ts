import { OutcomeError } from '@chesil/fhir'

/** Where a page of receipts ends. It opens nothing: whoever asks sees their own receipts alone. */
export interface Cursor {
  /** ms since 1970 */
  readonly receivedAt: number
  readonly id: string
}

export const writeCursor = ({ receivedAt, id }: Cursor): string => `${receivedAt.toString(36)}.${id}`

/** @throws OutcomeError `invalid` */
export function readCursor(text: string): Cursor {
  const [, time, id] = /^([0-9a-z]{1,9})\.([0-9a-f-]{36})$/.exec(text) ?? []
  if (time === undefined || id === undefined || !isUuid(id))
    throw new OutcomeError('invalid', 'This cursor is none of ours: begin without one')
  return { receivedAt: Number.parseInt(time, 36), id }
}

const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)
