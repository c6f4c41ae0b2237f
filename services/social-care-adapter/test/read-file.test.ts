import { gzipSync } from 'node:zlib'
import { cldColumns } from '@chesil/mappers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLineCount } from '../src/cld/lost-lines.ts'
import { type CldLine, readCldFile } from '../src/cld/read-file.ts'

const limits = { maxBytes: 2_000_000, maxRowBytes: 100_000 }
const cells: Readonly<Record<string, string>> = {
  LA_Code: '810',
  Reporting_Period_Start_Date: '2025-04-01',
  Reporting_Period_End_Date: '2025-06-30',
  LA_Person_Unique_Identifier: 'P1',
  Client_Type: 'Service user',
  Event_Type: 'Service',
  Event_Start_Date: '2024-01-15',
  Service_Type: 'Long term support: Community',
  Service_Component: 'Home support or domiciliary care',
  Provider_CQC_Location_Name: 'Café Care'
}
const line = (changes: Readonly<Record<string, string>> = {}): string =>
  cldColumns.map((column) => ({ ...cells, ...changes })[column] ?? '').join(',')
const header = cldColumns.join(',')
const file = (...rows: readonly string[]): string => [header, ...rows].join('\r\n')

async function* inChunks(bytes: Uint8Array, size = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Uint8Array | string, size?: number): Promise<readonly CldLine[]> {
  const lines: CldLine[] = []
  for await (const line of readCldFile(inChunks(Buffer.from(bytes), size), limits)) lines.push(line)
  return lines
}
const providersIn = (lines: readonly CldLine[]) =>
  lines.map(({ reading }) => reading.outcome === 'row' && reading.row.values.Provider_CQC_Location_Name)

describe('a file is read', () => {
  test.each([
    ['UTF-8', Buffer.from(file(line()))],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${file(line())}`)],
    ['Windows-1252', Buffer.from(file(line()), 'latin1')],
    ['packed', gzipSync(file(line()))],
    ['with lines that end otherwise, and empty ones', Buffer.from(`${header}\n${line()}\n\n`)]
  ])('%s', async (_how, bytes) => {
    expect(providersIn(await read(bytes))).toEqual(['Café Care'])
  })

  test('whatever pieces it comes in', async () => {
    const text = file(line(), line({ Provider_CQC_Location_Name: '€ “Łódź” 🏠' }))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.boolean(), async (size, isPacked) => {
        const bytes = isPacked ? gzipSync(text) : Buffer.from(text)
        expect(providersIn(await read(bytes, size))).toEqual(['Café Care', '€ “Łódź” 🏠'])
      }),
      { numRuns: 60 }
    )
  })

  test('row by row: one that cannot be taken is told by its line, and the others are taken', async () => {
    const lines = await read(file(line(), line({ Event_Type: 'Visit' }), `${line()},more`, line()))
    expect(
      lines.map(({ line: at, reading }) => [at, reading.outcome === 'rejected' ? reading.reason : 'row'])
    ).toEqual([
      [2, 'row'],
      [3, 'no-event-type'],
      [4, 'other-number-of-cells'],
      [5, 'row']
    ])
  })

  test('what a spreadsheet would take for a formula is text, and no date', async () => {
    const name = '=HYPERLINK("x")'
    const quoted = `"${name.replaceAll('"', '""')}"`
    expect(providersIn(await read(file(line({ Provider_CQC_Location_Name: quoted }))))).toEqual([name])
    const [row] = await read(file(line({ Event_Start_Date: '=TODAY()' })))
    expect(row?.reading).toMatchObject({ outcome: 'rejected', reason: 'no-start' })
  })
})

describe('a quote out of place spoils its row alone', () => {
  const said = (lines: readonly CldLine[]) =>
    lines.map(({ line: at, reading }) => [at, reading.outcome === 'rejected' ? reading.reason : 'row'])
  const bad = 'quote-out-of-place'

  test.each(['Raised toilet seat 2"', '"Raised toilet seat 2" wide"', 'a "bed" rail'])('%s', async (cell) => {
    for (const end of ['', '\r\n', '\n\n']) {
      const text = `${file(line(), line({ Event_Description: cell }), line())}${end}`
      expect(said(await read(text, 97))).toEqual([
        [2, 'row'],
        [3, bad],
        [4, 'row']
      ])
      expect(said(await read(`${file(line(), line({ Event_Description: cell }))}${end}`))).toEqual([
        [2, 'row'],
        [3, bad]
      ])
    }
  })

  test('and the rows that it takes with it are all told, and no row is put together of two', async () => {
    const open = line({ Event_Description: '"Bed' })
    const other = line({ LA_Person_Unique_Identifier: 'P2', Event_Description: '"Bath, with seat"' })
    expect(said(await read(file(line(), open, line(), other, '', line())))).toEqual([
      [2, 'row'],
      [3, bad],
      [4, bad],
      [5, bad],
      [7, 'row']
    ])
  })

  test('also where it meets the next quote of its column: two rows are not read as one', async () => {
    const [open, close] = ['"Bed', 'Bath"'].map((Event_Description) => line({ Event_Description }))
    expect(said(await read(file(line(), open ?? '', close ?? '', line())))).toEqual([
      [2, 'row'],
      [3, bad],
      [4, bad],
      [5, 'row']
    ])
  })

  test('lines count as in an editor, also after a cell of several lines', async () => {
    const long = line({ Event_Description: '"Ring\r\ntwice\nand wait"' })
    expect(
      said(await read(file(long, line({ Event_Description: '2"' }), line({ Event_Type: 'Visit' })), 61))
    ).toEqual([
      [4, 'row'],
      [5, bad],
      [6, 'no-event-type']
    ])
  })

  test('a file may be of empty lines, after one with a quote too: they are nothing to keep', () => {
    const lines = createLineCount()
    lines.onRow(1)
    expect([...lines.lostBefore(5e9, 5e9 - 1)]).toEqual([])
    lines.onRow(5e9)
    lines.onSpoilt(5e9 + 7)
    const lost = lines.lostBefore(1e10, 1e10 - 4)
    expect([...lost]).toEqual([5e9 + 1, 5e9 + 2, 5e9 + 7])
  })

  test('where hardly anything else is there, it is no such file', async () => {
    const rows = Array.from({ length: 100_001 }, () => 'a"b')
    await expect(read(file(line(), ...rows))).rejects.toThrow(/100000 rows on end/)
  })

  test('quotes that are in place are none of these', async () => {
    const cell = '"""Ring"" twice, she says\r\nand wait"'
    const [row] = await read(file(line({ Event_Description: cell })))
    expect(row?.reading).toMatchObject({
      row: { values: { Event_Description: '"Ring" twice, she says and wait' } }
    })
  })
})

describe('a file is refused as a whole, and says why', () => {
  const packed = gzipSync(
    file(...Array.from({ length: 500 }, (_, n) => line({ Event_Reference: String(n * 7_919) })))
  )
  test.each([
    ['in UTF-16', Buffer.from(`\uFEFF${file(line())}`, 'utf16le'), /UTF-16/],
    [
      'some of it UTF-8 and some not',
      Buffer.concat([Buffer.from(file(line())), Buffer.from([13, 10, 0xe9, 44])]),
      /neither/
    ],
    ['gzip that ends too early', packed.subarray(0, packed.length - 20), /damaged, or ends too early/],
    [
      'gzip that is damaged',
      Buffer.from(packed.map((byte, at) => (at === packed.length - 6 ? byte ^ 1 : byte))),
      /damaged/
    ],
    ['a header of something else', Buffer.from('id,name\n1,Ada'), /lacks LA_Code/],
    [
      'a header of a million columns',
      Buffer.from(Array.from({ length: 1_000_000 }, () => 'c').join(',')),
      /too long/
    ],
    ['a field without end', Buffer.from(`${file('"')}${'x'.repeat(200_000)}`), /too long/],
    ['a quote out of place in its header', Buffer.from(`a"b,${file(line())}`), /quote/i],
    [
      'a quote that is never closed',
      Buffer.from(file(line({ Event_Description: '"Bed' }), line())),
      /quote/i
    ],
    [
      'more bytes than are taken',
      Buffer.from(file(line(), ...Array.from({ length: 20_000 }, () => line()))),
      /larger than/
    ],
    ['that unpacks to more than is taken', gzipSync(Buffer.alloc(50_000_000, 'x')), /larger than|too long/],
    ['with nothing in it', Buffer.from(''), /empty/]
  ])('%s', async (_what, bytes, why) => {
    await expect(read(bytes, 65_536)).rejects.toThrow(why)
  })
})

test('no refusal repeats what the file holds', async () => {
  const secret = 'Ada Weir'
  for (const bytes of [
    `${secret},x`,
    `${secret}"y,${file(line())}`,
    `${file(`"${secret}`)}${'x'.repeat(200_000)}`
  ])
    await expect(read(bytes)).rejects.not.toThrow(secret)
})

test('memory does not grow with the file', async () => {
  async function* many(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${header}\n`)
    const rows = Buffer.from(`${line()}\n`.repeat(500))
    for (let n = 0; n < 300; n++) yield rows
  }
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  let count = 0
  for await (const { reading } of readCldFile(many(), { ...limits, maxBytes: 1e9 }))
    if (reading.outcome === 'row') count++
  expect(count).toBe(150_000)
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20)
}, 60_000)
