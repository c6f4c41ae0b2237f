import { isAscii, isUtf8 } from 'node:buffer'
import { OutcomeError } from '@chesil/fhir'

/**
 * The text of a file: UTF-8, with or without a byte order mark, or else Windows-1252, as spreadsheets of Windows write
 * it. A file that is some of each is neither: a wrong letter may be a wrong name.
 *
 * @throws OutcomeError `invalid`, for UTF-16 too.
 */
export async function* decodeText(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decode = createDecoder()
  for await (const chunk of chunks) yield decode(chunk)
  yield decode(nothing, true)
}

const nothing = new Uint8Array()

function createDecoder(): (chunk: Uint8Array, isLast?: boolean) => string {
  const utf8 = new TextDecoder('utf-8')
  const windows = new TextDecoder('windows-1252')
  let isWindows = false
  let isPlain = true
  let isFirst = true
  /** The beginning of a letter at the end of a chunk. Should it turn out to be none, it is Windows' all the same. */
  let held: Uint8Array = nothing

  function decodeUtf8(bytes: Uint8Array, isLast: boolean): string | undefined {
    const end = isLast ? undefinedUnlessWhole(bytes) : endOfLetters(bytes)
    if (end === undefined) return undefined
    const whole = bytes.subarray(0, end)
    held = bytes.slice(end)
    isPlain &&= isAscii(whole)
    return utf8.decode(whole, { stream: true })
  }

  return (chunk, isLast = false) => {
    if (isFirst && isUtf16(chunk)) throw unreadable('The file is UTF-16: save it as CSV in UTF-8')
    isFirst = false
    if (isWindows) return windows.decode(chunk)
    const bytes = Buffer.concat([held, chunk])
    const text = decodeUtf8(bytes, isLast)
    if (text !== undefined) return text
    if (!isPlain)
      throw unreadable('The file is neither UTF-8 nor Windows-1252 throughout: save it anew as CSV in UTF-8')
    isWindows = true
    return windows.decode(bytes)
  }
}

const unreadable = (text: string): OutcomeError => new OutcomeError('invalid', text)

const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)

const undefinedUnlessWhole = (bytes: Uint8Array): number | undefined =>
  isUtf8(bytes) ? bytes.length : undefined

/** @returns where the last letter ends that is there whole; nothing for what is not UTF-8. A letter has four bytes at most. */
const endOfLetters = (bytes: Uint8Array): number | undefined =>
  [0, 1, 2, 3].map((back) => bytes.length - back).find((end) => end >= 0 && isUtf8(bytes.subarray(0, end)))
