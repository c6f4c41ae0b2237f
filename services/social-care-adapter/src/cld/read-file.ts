import { Readable } from 'node:stream'
import { OutcomeError } from '@chesil/fhir'
import {
  type CldColumn,
  type CldReading,
  type CldRejection,
  readCldHeader,
  readCldRow
} from '@chesil/mappers'
import { CsvError, parse } from 'csv-parse'
import { decodeText } from './decode.ts'
import { unpackFile } from './unpack.ts'

/** One row of the file, below its header. */
export interface CldLine {
  /** As an editor counts: the header is line 1. */
  readonly line: number
  readonly reading:
    | CldReading
    | { readonly outcome: 'rejected'; readonly reason: CldRejection | 'other-number-of-cells' }
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
  const parser = parse({
    bom: true,
    info: true,
    max_record_size: maxRowBytes,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true
  })
  const unpacked = heard(unpackFile(chunks, maxBytes), onUnpacked)
  const text = Readable.from(decodeText(unpacked))
  text.on('error', (error) => parser.destroy(error)).pipe(parser)
  let places: ReadonlyMap<CldColumn, number> | undefined
  let cellCount = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
      if (places) {
        yield { line: info.lines, reading: readCells(record, places, cellCount) }
        continue
      }
      places = placesIn(record)
      cellCount = record.length
    }
  } catch (error) {
    throw error instanceof CsvError ? new OutcomeError('invalid', describe(error)) : error
  } finally {
    text.destroy()
  }
  if (!places)
    throw new OutcomeError('invalid', 'The file is empty: a header and rows of Client Level Data are wanted')
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
  readonly info: { readonly lines: number }
}

function placesIn(cells: readonly string[]): ReadonlyMap<CldColumn, number> {
  const header = readCldHeader(cells)
  if (header.outcome === 'refused') throw new OutcomeError('invalid', header.detail)
  return header.places
}

function readCells(
  cells: readonly string[],
  places: ReadonlyMap<CldColumn, number>,
  cellCount: number
): CldLine['reading'] {
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
