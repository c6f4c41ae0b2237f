import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createPayload, createPayloads } from '../src/gp-connect/payload.ts'

test.each([
  { head: '', rest: '' },
  { head: '', rest: '{"a":1}' },
  { head: '{"id":"1",', rest: '"entry":[]}' },
  { head: 'ü'.repeat(50), rest: 'Siobhán €\u{1f3d6} '.repeat(5_000) },
  { head: 'x'.repeat(70_000), rest: 'x'.repeat(70_000) }
])('gzip of head and rest unpacks to both', ({ head, rest }) => {
  const payload = createPayload(rest)
  for (let again = 0; again < 2; again++) {
    expect(gunzipSync(payload.gzipped(head)).toString()).toBe(head + rest)
    expect(payload.plain(head).toString()).toBe(head + rest)
  }
})

test('a payload is made once for a key', () => {
  const payloads = createPayloads({ maxBytes: 1_000 })
  let made = 0
  const make = () => {
    made += 1
    return 'text'
  }
  expect(payloads.get('a', make)).toBe(payloads.get('a', make))
  expect(made).toBe(1)
})

test('the oldest payloads go when there are too many bytes, the newest never', () => {
  const payloads = createPayloads({ maxBytes: 100 })
  const made: string[] = []
  const get = (key: string, bytes: number) =>
    payloads.get(key, () => {
      made.push(key)
      return 'x'.repeat(bytes)
    })
  get('a', 60)
  get('b', 30)
  get('c', 30)
  get('b', 30)
  get('a', 60)
  get('huge', 500)
  get('huge', 500)
  expect(made).toEqual(['a', 'b', 'c', 'a', 'huge'])
})
