import { describe, expect, test } from 'vitest'
import { column, lines } from '../src/lines.ts'

describe('a column of values is sent', () => {
  test.each<[string, Parameters<typeof lines>[0], string]>([
    ['a line for each', ['a', 'b'], 'a\nb'],
    ['numbers and truth values as Postgres reads them', [1, -2.5, true, false], '1\n-2.5\ntrue\nfalse'],
    ['an absent value as a mark', ['a', undefined, 'b'], 'a\n\u0001\nb'],
    ['an absent value alone', [undefined], '\u0001'],
    ['empty texts as empty lines', ['', 'a', ''], '\na\n'],
    [
      'what looks like an escape as it is',
      ['\\n', '\\N', '{"a":"\\n"}', "'", '"'],
      '\\n\n\\N\n{"a":"\\n"}\n\'\n"'
    ],
    ['nothing for no values', [], '']
  ])('%s', (_case, values, text) => {
    expect(lines(values)).toBe(text)
  })
})

describe('refused is', () => {
  test.each<[string, Parameters<typeof lines>[0]]>([
    ['a value with a line break', ['a\nb']],
    ['one that ends in a line break', ['a', 'b\n']],
    ['one that is a line break', ['\n']],
    ['one among many', ['a', undefined, 'b\r\nc', 'd']],
    ['the mark of an absent value', ['a', '\u0001']],
    ['a single empty text, which would be no row', ['']]
  ])('%s', (_case, values) => {
    expect(() => lines(values)).toThrow(/^A .*value .*cannot be sent as a line$/)
  })
})

test('a column names its parameter and its type, which is text unless said', () => {
  expect(column('$3')).toBe("unnest(string_to_array($3, E'\\n', E'\\x01')::text[])")
  expect(column('$1', 'uuid')).toBe("unnest(string_to_array($1, E'\\n', E'\\x01')::uuid[])")
})
