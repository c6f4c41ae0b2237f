import fc from 'fast-check'
import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { type Cursor, createCursors, isOfPerson, searchOf } from '../src/http/cursors.ts'

const key = 'a key of at least 32 characters, for tests'
const cursors = createCursors(key)
const cursor: Cursor = {
  patientId: '0d1a7f4e-9b6b-4c53-8b3e-5a1d2c3b4a59',
  version: 7,
  of: 'Observation',
  search: 'patient=0d1a7f4e&code=1&_count=5',
  after: [1_767_225_600_000, null, 'b7c1']
}
const token = cursors.write(cursor)
const refused = expect.objectContaining({ kind: 'invalid' })
const ask = (query: string) => ({ url: `/fhir/R4/Observation?${query}` }) as FastifyRequest

test('a cursor is read as it was written', () => {
  fc.assert(
    fc.property(
      fc.record({
        patientId: fc.string(),
        version: fc.nat(),
        of: fc.string(),
        search: fc.string({ unit: 'binary' }),
        after: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)))
      }),
      (one) => {
        expect(cursors.read(cursors.write(one))).toEqual(one)
      }
    )
  )
})

test('a cursor goes into a URL as it is', () => {
  expect(encodeURIComponent(token)).toBe(token)
})

test('any changed, added or missing character is refused', () => {
  const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ '
  for (let at = 0; at < token.length; at++) {
    const [before, after] = [token.slice(0, at), token.slice(at + 1)]
    expect(() => cursors.read(before + after)).toThrow(refused)
    for (const character of characters) {
      if (character === token[at]) continue
      expect(() => cursors.read(before + character + after), `${character} at ${at}`).toThrow(refused)
    }
  }
  for (const added of ['.', '=', '.x', ' ', '\0', token]) {
    expect(() => cursors.read(token + added), added).toThrow(refused)
    expect(() => cursors.read(added + token), added).toThrow(refused)
  }
})

const payload = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url')

test('nothing of a search can be read in a cursor: addresses are written to logs', () => {
  const text = Buffer.from(token, 'base64url').toString('latin1') + token
  for (const part of ['0d1a7f4e', 'Observation', 'patient', 'b7c1']) expect(text).not.toContain(part)
})

test.each([
  ['nothing', ''],
  ['a dot', '.'],
  ['half of one', token.slice(0, token.length >> 1)],
  ['too few bytes', token.slice(0, 38)],
  ['one of another key', createCursors(`${key}!`).write(cursor)],
  ['what is not sealed', payload([cursor.patientId, 7, '', [], 'x'.repeat(40)])],
  ['JSON as it is', JSON.stringify([cursor.patientId, 7, '', []])],
  ['a prototype', payload({ __proto__: { version: 1 } })],
  ['two mebibytes', 'A'.repeat(2_097_152)],
  ['two mebibytes of dots', '.'.repeat(2_097_152)],
  ['what is not text', '\u0000\ud800\u{1f600}'],
  ['SQL', "' or 1=1 --"]
])('%s is refused', (_case, text) => {
  expect(() => cursors.read(text)).toThrow(refused)
})

test('a short key is refused', () => {
  expect(() => createCursors('x'.repeat(31))).toThrow(/32 characters/)
})

test('a page asks what its search asked, whatever its own order', () => {
  const { cursor: read, parameters } = searchOf(ask(`_cursor=${token}&_format=json`), cursors, 'Observation')
  expect(read).toEqual(cursor)
  expect(parameters).toEqual([
    ['patient', '0d1a7f4e'],
    ['code', '1'],
    ['_count', '5']
  ])
})

test('a cursor fits no other search', () => {
  expect(() => searchOf(ask(`_cursor=${token}`), cursors, 'Condition')).toThrow(refused)
  expect(() => searchOf(ask(`_cursor=${token}`), cursors, '$everything')).toThrow(refused)
})

test.each(['_count=9', 'code=2', 'patient=another', '_cursor=again'])(
  'a cursor with %s beside it is refused: nothing asked is silently dropped',
  (more) => {
    expect(() => searchOf(ask(`_cursor=${token}&${more}`), cursors, 'Observation')).toThrow(refused)
  }
)

test.each<[string, object, boolean]>([
  ['of the person it was written for', {}, true],
  ['and of them after they have changed', { version: cursor.version + 3 }, true],
  ['not of the survivor of a merge', { patientId: 'survivor' }, false],
  ['not after a merge undone since', { partedVersion: cursor.version + 1 }, false],
  ['and after one undone before', { partedVersion: cursor.version }, true],
  ['not of a version that there is not yet', { version: cursor.version - 1 }, false]
])('a cursor is %s', (_case, changes, expected) => {
  const state = { patientId: cursor.patientId, version: cursor.version, partedVersion: 0, ...changes }
  expect(isOfPerson(cursor, state)).toBe(expected)
})
