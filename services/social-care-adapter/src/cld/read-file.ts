import { Readable } from 'node:stream'
import { OutcomeError } from '@chesil/fhir'
import {
  type CldColumn,
  type CldReading,
  type CldRejection,
  readCldHeader,
  readCldRow
} from '@chesil/mappers'
import { CsvError, type Parser, parse } from 'csv-parse'
import { decodeText } from './decode.ts'
import { createLineCount, linesBetween } from './lost-lines.ts'
import { unpackFile } from './unpack.ts'

/** One row of the file, below its header. */
export interface CldLine {
  /** As an editor counts: the header is line 1. */
  readonly line: number
  readonly reading:
    | CldReading
    | {
        readonly outcome: 'rejected'
        readonly reason: CldRejection | 'other-number-of-cells' | 'quote-out-of-place'
      }
}

export interface CldFileLimits {
  /** Unpacked. */
  readonly maxBytes: number
  /** Of one row. */
  readonly maxRowBytes: number
}

export interface CldFileOptions extends CldFileLimits {
  /** Hears the file as it is, packed or not. */
  readonly onUnpacked?: (chunk: Uint8Array) => void
}

/**
 * Reads a file of Client Level Data row by row: memory does not grow with it. A row that cannot be taken is given as
 * rejected; what is wrong with the file as a whole ends the reading.
 *
 * @throws OutcomeError `invalid`: what is wrong, and what to do. Whoever reads must not have kept anything until the end.
 */
export async function* readCldFile(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes, maxRowBytes, onUnpacked }: CldFileOptions
): AsyncGenerator<CldLine> {
  const lines = createLineCount()
  const parser = createParser(maxRowBytes, lines)
  const unpacked = heard(unpackFile(chunks, maxBytes), onUnpacked)
  const text = Readable.from(withPlainLineEnds(decodeText(unpacked)))
  text.on('error', (error) => parser.destroy(error)).pipe(parser)
  try {
    yield* readRows(parser, lines)
  } catch (error) {
    throw error instanceof CsvError ? new OutcomeError('invalid', describe(error)) : error
  } finally {
    text.destroy()
  }
}

type LineCount = ReturnType<typeof createLineCount>

function createParser(maxRowBytes: number, lines: LineCount): Parser {
  const parser = parse({
    bom: true,
    info: true,
    // Cells are trimmed when they are read: after a closing quote the parser would give up at what it cannot trim.
    ltrim: true,
    max_record_size: maxRowBytes,
    on_skip: (error) => {
      if (!error || !isOfOneRow(error) || parser.info.records === 0) throw error
      lines.onSpoilt(Number(error['lines']))
    },
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true
  })
  return parser
}

async function* readRows(parser: Parser, lines: LineCount): AsyncGenerator<CldLine> {
  let header: Header | undefined
  for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
    const before = info.lines - lineEndsIn(record) - 1
    for (const line of lines.lostBefore(before, info.empty_lines)) yield spoilt(line)
    lines.onRow(info.lines)
    if (!header) header = { places: placesIn(record), cellCount: record.length }
    else if (holdsRows(record, header)) yield* linesBetween(before, info.lines).map(spoilt)
    else yield { line: info.lines, reading: readCells(record, header) }
  }
  for (const line of lines.lostBefore(parser.info.lines, parser.info.empty_lines)) yield spoilt(line)
  if (!header)
    throw new OutcomeError('invalid', 'The file is empty: a header and rows of Client Level Data are wanted')
}

interface Header {
  readonly places: ReadonlyMap<CldColumn, number>
  readonly cellCount: number
}

const spoilt = (line: number): CldLine => ({
  line,
  reading: { outcome: 'rejected', reason: 'quote-out-of-place' }
})

const lineEndsIn = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + (cell.match(/[\r\n]/g)?.length ?? 0), 0)

/**
 * Whether a quote that was not closed has met the next one of its column: a cell holds what is left of a row, and the
 * beginning of another. Their number of cells is right, and half of them are another person's.
 */
const holdsRows = (cells: readonly string[], { cellCount }: Header): boolean =>
  cells.some((cell) => cell.includes('\n') && cell.split(',').length >= cellCount)

/** After these csv-parse goes on with the next row; after all others it has lost its place. */
const isOfOneRow = ({ code }: CsvError): boolean =>
  code === 'INVALID_OPENING_QUOTE' || code === 'CSV_INVALID_CLOSING_QUOTE'

/** csv-parse counts a line end of two signs within a cell as two lines. */
async function* withPlainLineEnds(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let held = ''
  for await (const piece of pieces) {
    const text = held + piece
    held = text.endsWith('\r') ? '\r' : ''
    yield text.slice(0, text.length - held.length).replaceAll('\r\n', '\n')
  }
  yield held
}

async function* heard(
  chunks: AsyncIterable<Uint8Array>,
  hear: CldFileOptions['onUnpacked']
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hear?.(chunk)
    yield chunk
  }
}

interface ParsedRow {
  readonly record: readonly string[]
  readonly info: { readonly lines: number; readonly empty_lines: number }
}

function placesIn(cells: readonly string[]): ReadonlyMap<CldColumn, number> {
  const header = readCldHeader(cells)
  if (header.outcome === 'refused') throw new OutcomeError('invalid', header.detail)
  return header.places
}

function readCells(cells: readonly string[], { places, cellCount }: Header): CldLine['reading'] {
  // A comma that nobody quoted moves every cell after it into another column.
  if (cells.length !== cellCount) return { outcome: 'rejected', reason: 'other-number-of-cells' }
  return readCldRow((column) => cells[places.get(column) ?? -1] ?? '')
}

/** Without a word of the file's content. */
function describe(error: CsvError): string {
  const line = 'lines' in error ? ` in line ${String(error['lines'])}` : ''
  if (error.code === 'CSV_MAX_RECORD_SIZE') return `A row is too long${line}: a quote may not be closed`
  if (error.code.includes('QUOTE')) return `A quote is out of place${line}: quotes within a cell are doubled`
  return `The file cannot be read as CSV${line}`
}
