import { toFrame } from '@chesil/mllp'
import { describe, expect, test } from 'vitest'
import { acknowledge } from '../src/hl7v2/acknowledgement.ts'
import { type Header, readHeader } from '../src/hl7v2/header.ts'
import type { Refusal } from '../src/hl7v2/refusals.ts'
import { message } from './support.ts'

const context = { newControlId: () => 'OURS1', now: () => Date.parse('2026-11-22T10:00:00Z') }
const headerOf = (text: string): Header => {
  const header = readHeader(Buffer.from(text, 'latin1'))
  if (typeof header === 'string') throw new Error(header)
  return header
}
const write = (text: string, refusal?: Refusal) =>
  acknowledge(headerOf(text), refusal, context).map((bytes) =>
    bytes.toString('latin1').split('\r').slice(0, -1)
  )

test('a message that is kept is acknowledged to its sender, in its version', () => {
  expect(write(message({ characterSet: '8859/1' }))).toEqual([
    ['MSH|^~\\&|CHESIL|HUB|PAS|RCB|20261122100000+0000||ACK^A01^ACK|OURS1|P|2.4||||||8859/1', 'MSA|AA|C1']
  ])
})

test('one that is not says why: in ERR-3 and ERR-8 since version 2.5', () => {
  expect(write(message({ version: '2.5.1' }), 'characterSet')[0]?.slice(1)).toEqual([
    'MSA|AR|C1',
    'ERR||MSH^1^18|103^Table value not found^HL70357|E||||The character set cannot be read'
  ])
})

test('and in MSA-3 and ERR-1 before', () => {
  expect(write(message({ version: '2.3' }), 'unavailable')[0]).toEqual([
    'MSH|^~\\&|CHESIL|HUB|PAS|RCB|20261122100000+0000||ACK^A01|OURS1|P|2.3',
    'MSA|AE|C1|Not kept just now: send it again',
    'ERR|MSH^^^207&Application internal error&HL70357'
  ])
})

test('what has no header is refused in the usual signs', () => {
  const [only] = acknowledge(undefined, 'noHeader', context).map((bytes) => bytes.toString('latin1'))
  expect(only?.split('\r').slice(0, 2)).toEqual([
    'MSH|^~\\&|||||20261122100000+0000||ACK|OURS1|P|2.5.1',
    'MSA|AR'
  ])
})

test('the sender’s own signs are used, and escaped where our words have them', () => {
  const text = message({ version: '2.6' }).replaceAll('|', ':').replace('^~\\&', '^~!&').replaceAll('^', '#')
  expect(write(text, 'batch')[0]?.at(-1)).toContain('Batches and files are not taken!F! send each message')
})

test('names go back as the bytes they came as', () => {
  const text = message({ sender: 'PÄS^1.2.3^ISO|HÔP', characterSet: '8859/1' })
  expect(write(text)[0]?.[0]).toContain('|CHESIL|HUB|PÄS^1.2.3^ISO|HÔP|')
})

describe('MSH-15 and MSH-16 ask for', () => {
  // [MSH-15, MSH-16]: of a message that is kept, and of one that is refused
  test.each([
    ['', '', ['AA'], ['AR']],
    ['AL', '', ['CA'], ['CR']],
    ['AL', 'NE', ['CA'], ['CR']],
    ['NE', 'AL', ['AA'], ['AR']],
    ['', 'AL', ['AA'], ['AR']],
    ['AL', 'AL', ['CA', 'AA'], ['CR']],
    ['ER', 'NE', [], ['CR']],
    ['SU', 'NE', ['CA'], []],
    ['ER', 'AL', ['AA'], ['CR']],
    ['SU', 'AL', ['CA', 'AA'], ['AR']],
    ['AL', 'ER', ['CA'], ['CR']],
    ['NE', 'ER', [], ['AR']],
    ['NE', 'SU', ['AA'], []],
    ['NE', 'NE', [], []]
  ] as const)('%j and %j', (accept, application, kept, refused) => {
    const text = message({ modes: [accept, application] })
    const codes = (refusal?: Refusal) => write(text, refusal).map((lines) => lines[1]?.split('|')[1])
    expect([codes(), codes('unknownSender')]).toEqual([kept, refused])
  })
})

describe('what a sender wrote goes back only as far as it can', () => {
  test('a number that is none is left out', () => {
    for (const control of ['C\x1c', `C${'1'.repeat(199)}`, 'C\x0b1'])
      expect(write(message({ control }), 'controlId')[0]?.[1]).toMatch(/^MSA\|AR(\||$)(?!C)/)
    expect(write(message({ control: 'C'.repeat(199) }))[0]?.[1]).toBe(`MSA|AA|${'C'.repeat(199)}`)
  })

  test.each([
    ['MSH-10', message({ control: 'C\x1c' })],
    ['MSH-12', message({ version: '2.4\x1c' })],
    ['MSH-3', message({ sender: 'P\x0bAS|RCB\x1c' })],
    ['MSH-9', message({ type: 'ADT^A01\x1c' })],
    ['MSH-18', message({ characterSet: '8859/1\x1c' })]
  ])('frame characters in %s do not break our frame', (_field, text) => {
    for (const reply of acknowledge(headerOf(text), undefined, context)) {
      expect(() => toFrame(reply)).not.toThrow()
      expect(reply.includes(0x1c)).toBe(false)
    }
  })
})
