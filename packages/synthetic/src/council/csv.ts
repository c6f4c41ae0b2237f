import { createRandom } from '../random.ts'
import { type CouncilCells, type CouncilColumn, councilColumns } from './columns.ts'
import type { Release } from './release.ts'
import { windows1252 } from './windows-1252.ts'

export type CsvEncoding = 'utf-8' | 'windows-1252'

export interface CsvOptions<Encoding extends CsvEncoding = CsvEncoding> {
  /**
   * 1 names the columns with underscores. No header of release 2 is public; 2 names them with spaces, as councils do too,
   * so that no reader comes to rely on either.
   */
  readonly release: Release
  /** Begins with a byte order mark, as spreadsheets write UTF-8. Without effect in Windows-1252, which has none. */
  readonly bom?: boolean
  /** UTF-8 when absent. */
  readonly encoding?: Encoding
  /** `shuffled`: in another order than the specification's, always the same one. */
  readonly columnOrder?: 'standard' | 'shuffled'
}

/** Text that is still to be encoded as UTF-8, or bytes. */
export type CsvChunk<Encoding extends CsvEncoding> = Encoding extends 'windows-1252' ? Uint8Array : string

/** Characters that are gathered before they are given on. */
const chunkLength = 65_536

/**
 * Writes rows as CSV (RFC 4180: lines end in CRLF, quotes only where they are needed), and holds no more than a chunk.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function* writeCldCsv<Encoding extends CsvEncoding = 'utf-8'>(
  rows: Iterable<CouncilCells>,
  options: CsvOptions<Encoding>
): Generator<CsvChunk<Encoding>, void, undefined> {
  const isBytes = options.encoding === 'windows-1252'
  const encoded = (text: string) => (isBytes ? windows1252(text) : text) as CsvChunk<Encoding>
  const columns = options.columnOrder === 'shuffled' ? shuffled(councilColumns) : councilColumns
  const mark = options.bom === true && !isBytes ? '\uFEFF' : ''
  let text = `${mark}${line(columns.map((column) => headingOf(column, options.release)))}`
  for (const row of rows) {
    text += line(columns.map((column) => row[column]))
    if (text.length < chunkLength) continue
    yield encoded(text)
    text = ''
  }
  if (text !== '') yield encoded(text)
}

const headingOf = (column: CouncilColumn, release: Release): string =>
  release === 1 ? column : column.replaceAll('_', ' ')

const line = (fields: readonly string[]): string => `${fields.map(quoted).join(',')}\r\n`

const quoted = (field: string): string =>
  /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  const random = createRandom('shuffled columns')
  return items
    .map((item) => ({ item, place: random.fraction() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
