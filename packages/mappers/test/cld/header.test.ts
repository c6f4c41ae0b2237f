import { describe, expect, test } from 'vitest'
import { cldColumns, readCldHeader } from '../../src/index.ts'

describe('a header of Client Level Data', () => {
  test.each([
    ['as release 1 has it', cldColumns],
    ['in another order', cldColumns.toReversed()],
    ['with spaces and other capitals', cldColumns.map((name) => name.replaceAll('_', ' ').toLowerCase())],
    [
      'with a byte order mark, quotes kept by a tool',
      cldColumns.map((name, n) => (n === 0 ? `\uFEFF${name}` : name))
    ],
    ['with columns of the council’s own', [...cldColumns, 'Team', 'Notes']]
  ])('%s is read', (_how, cells) => {
    const header = readCldHeader(cells)
    expect(header).toMatchObject({ outcome: 'read', missing: [] })
    if (header.outcome === 'read')
      for (const column of cldColumns)
        expect(cells[header.places.get(column) ?? -1]?.toLowerCase().replaceAll(' ', '_')).toContain(
          column.toLowerCase()
        )
  })

  test('without costs is read, and says what is missing', () => {
    const cells = cldColumns.filter((column) => column !== 'Unit_Cost')
    expect(readCldHeader(cells)).toMatchObject({ outcome: 'read', missing: ['Unit_Cost'] })
  })

  test.each([
    ['of something else', ['id', 'name'], /lacks LA_Code/],
    ['that names a column twice', [...cldColumns, 'nhs number'], /more than once: NHS_Number/],
    ['of a million columns', Array.from({ length: 1_000_000 }, (_, n) => `c${n}`), /at most 200/],
    ['that is not there', [], /lacks LA_Code/]
  ])('%s is refused, and says why', (_how, cells, why) => {
    const header = readCldHeader(cells)
    expect(header.outcome).toBe('refused')
    if (header.outcome === 'refused') expect(header.detail).toMatch(why)
  })
})
