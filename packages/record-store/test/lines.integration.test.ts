import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
// Types of what the run of tests provides.
import type {} from '../../../tests/support/global-setup.ts'
import { useDatabase } from '../../../tests/support/store.ts'
import { column, lines } from '../src/lines.ts'

const { database } = useDatabase()

async function sent(values: Parameters<typeof lines>[0], type = 'text'): Promise<unknown[]> {
  const rows = await database().query<{ value: unknown }>(`select ${column('$1', type)} as value`, [
    lines(values)
  ])
  return rows.map(({ value }) => value ?? undefined)
}

/** What a text of Postgres can hold: no NUL, no half of a surrogate pair. */
const texts = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        '\t',
        '\r',
        '\\',
        '\u0001',
        '\\n',
        '\\N',
        '"',
        "'",
        '{',
        '}',
        ',',
        'NULL',
        '\u2028',
        ' '
      )
    })
  )
  .map((text) => text.replace(/[\n\0]/g, ' '))
const isSendable = (values: readonly (string | undefined)[]) =>
  !values.includes('\u0001') && !(values.length === 1 && values[0] === '')

describe('through Postgres comes back', () => {
  test('every text as it was, and absence as absence, in their order', async () => {
    const columns = fc
      .array(fc.option(texts, { nil: undefined }), { minLength: 1, maxLength: 8 })
      .filter(isSendable)
    await fc.assert(
      fc.asyncProperty(columns, async (values) => {
        expect(await sent(values)).toEqual(values)
      }),
      { numRuns: 300 }
    )
  })

  test('every JSON, line breaks and NUL included', async () => {
    const json = fc.array(
      fc.json({ stringUnit: 'binary' }).map((text) => text),
      { minLength: 1, maxLength: 4 }
    )
    await fc.assert(
      fc.asyncProperty(json, async (values) => {
        expect(await sent(values)).toEqual(values)
      }),
      { numRuns: 100 }
    )
  })

  test('columns beside each other, row by row', async () => {
    const rows = await database().query(
      `select ${column('$1')} as a, ${column('$2', 'integer')} as b, ${column('$3', 'boolean')} as c`,
      [lines(['x', '', undefined]), lines([1, undefined, -3]), lines([undefined, true, false])]
    )
    expect(rows).toEqual([
      { a: 'x', b: 1, c: null },
      { a: '', b: null, c: true },
      { a: null, b: -3, c: false }
    ])
  })

  test('no row for no value', async () => {
    expect(await sent([])).toEqual([])
  })
})

test('a text with NUL is refused by Postgres, whole', async () => {
  await expect(sent(['a', 'b\0c'])).rejects.toThrow('invalid byte sequence')
})
