import { array, constantFrom, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CouncilCells, type CsvOptions, councilColumns, writeCldCsv } from '../../src/index.ts'
import { holds } from '../holds.ts'
import { readCsv } from './read-csv.ts'
import { people, rowsOf } from './submissions.ts'

const rows = rowsOf({ people: people.slice(0, 100), release: 1 }).map(({ cells }) => cells)
const textOf = (cells: readonly CouncilCells[], options: Partial<CsvOptions<'utf-8'>> = {}) =>
  [...writeCldCsv(cells, { release: 1, ...options })].join('')
const valuesOf = (cells: CouncilCells) => councilColumns.map((column) => cells[column])

describe('CSV', () => {
  test('begins with the columns and reads back as what was written', () => {
    const [header, ...lines] = readCsv(textOf(rows))
    expect(header).toEqual([...councilColumns])
    expect(lines).toEqual(rows.map(valuesOf))
  })

  test('keeps every text that a cell can hold', () => {
    const cell = string({ unit: constantFrom('a', '"', ',', '\r', '\n', ' ', ';', 'é', '😀') })
    holds(
      property(array(cell, { minLength: 48, maxLength: 48 }), (texts) => {
        const cells = Object.fromEntries(councilColumns.map((column, index) => [column, texts[index]]))
        const [, ...lines] = readCsv(textOf([cells as unknown as CouncilCells]))
        expect(lines).toEqual([texts])
      })
    )
  })

  test('comes in chunks, and with a mark if one is wanted', () => {
    const chunks = [...writeCldCsv(rows, { release: 1, bom: true })]
    expect(chunks.length).toBeGreaterThan(1)
    expect(chunks[0]?.startsWith('\uFEFFLA_Code,')).toBe(true)
    expect(chunks.join('')).toBe(`\uFEFF${textOf(rows)}`)
  })

  test('can have its columns in another order, and names with spaces', () => {
    const [header = [], first = []] = readCsv(textOf(rows, { columnOrder: 'shuffled', release: 2 }))
    const names = header.map((name) => name.replaceAll(' ', '_'))
    expect(names).not.toEqual([...councilColumns])
    expect([...names].sort()).toEqual([...councilColumns].sort())
    expect(header).toContain('Total Hrs Caring per week')
    expect(Object.fromEntries(names.map((name, index) => [name, first[index]]))).toEqual(rows[0])
  })

  test('in Windows-1252 is the same text', () => {
    const bytes = Buffer.concat([...writeCldCsv(rows, { release: 1, encoding: 'windows-1252', bom: true })])
    const text = new TextDecoder('windows-1252').decode(bytes)
    expect(text).toBe(textOf(rows))
    expect(text).toContain('Withy Bed House – St Brélade’s')
    expect(bytes.includes(0x92)).toBe(true)
  })
})
