/** Bytes `[from, to)` of a file. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

/**
 * The one part of a file that a reader wants. Several parts at once, other units and what cannot be read are as if
 * nothing had been said, as RFC 9110 allows: the whole file is sent.
 *
 * @param header `Range`
 * @param size Of the file, in bytes.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, first = '', last = ''] =
    /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header ?? '') ?? []
  if (first === '' && last === '') return 'whole'
  const isSuffix = first === ''
  const from = isSuffix ? Math.max(size - Number(last), 0) : Number(first)
  const to = isSuffix || last === '' ? size : Math.min(Number(last) + 1, size)
  if (!isSuffix && last !== '' && Number(last) < from) return 'whole' // no range at all
  return from < to ? { from, to } : 'unsatisfiable'
}
