import { describe, expect, test } from 'vitest'
import { decodeText, findCharacterSet } from '../src/hl7v2/character-sets.ts'
import { type Header, readHeader } from '../src/hl7v2/header.ts'
import { holdsSeveral } from '../src/hl7v2/segments.ts'
import { message } from './support.ts'

const read = (text: string) => readHeader(Buffer.from(text, 'latin1'))

describe('a header', () => {
  test.each([
    ['as it is', ''],
    ['after a byte order mark', '\xef\xbb\xbf'],
    ['after blank lines', '\r\n \r\n']
  ])('is read %s', (_how, before) => {
    expect(read(before + message())).toMatchObject({
      sendingApplication: 'PAS',
      sendingFacility: 'RCB',
      type: 'ADT',
      trigger: 'A01',
      controlId: 'C1',
      version: '2.4'
    })
  })

  test.each(['\r', '\n', '\r\n'])('ends at %j', (end) => {
    expect(read(message().replaceAll('\r', end))).toMatchObject({ characterSet: '' })
  })

  test('names its own delimiters', () => {
    const text = message({ characterSet: '8859/1' }).replaceAll('|', '$').replaceAll('^', '*')
    expect(read(text)).toMatchObject({ type: 'ADT', delimiters: { field: '$', component: '*' } })
    expect(read('MSH|^~\\&#|A|B|||||ACK|1|P|2.7\r')).toMatchObject({ delimiters: { encoding: '^~\\&#' } })
  })

  test.each([
    ['noHeader', ''],
    ['noHeader', 'PID|1\r'],
    ['noHeader', 'hello'],
    ['batch', 'FHS|^~\\&|A\rBHS|^~\\&\rMSH|^~\\&|A|B\r'],
    ['delimiters', 'MSH'],
    ['delimiters', 'MSHA^~\\&AxAy\r'],
    ['delimiters', 'MSH|^^\\&|x|y\r'],
    ['delimiters', 'MSH|^~|x|y\r'],
    ['delimiters', 'MSH|^~\\&%$|x|y\r']
  ])('is %s: %j', (why, text) => {
    expect(read(text)).toBe(why)
  })
})

describe('two messages in one frame', () => {
  const { delimiters } = read(message()) as Header
  test.each([
    ['one after the other', message() + message()],
    ['run together', `${message().trimEnd()}${message()}`],
    ['with other signs', `${message()}MSH|#~\\&|X|Y\r`],
    ['after a blank line', `${message()}\r\n \nMSH|^~\\&|X|Y\r`]
  ])('are found: %s', (_how, text) => {
    expect(holdsSeveral(text, delimiters)).toBe(true)
  })

  test.each([
    message(),
    message({ segments: ['OBX|1|TX|MSH^Melanocyte-stimulating hormone||MSH', 'NTE|1||first\nMSH level: 3'] }),
    `\ufeff${message()}`
  ])('are not seen in one: %j', (text) => {
    expect(holdsSeveral(text, delimiters)).toBe(false)
  })
})

describe('a character set', () => {
  test.each([
    ['8859/1', Buffer.from([0x52, 0xc9]), 'RÉ', false],
    ['8859/15', Buffer.from([0xa4]), '€', false],
    ['UNICODE UTF-8', Buffer.from('RENÉ'), 'RENÉ', false],
    ['unicode', Buffer.from('\ufeffRENÉ'), 'RENÉ', false],
    ['unicode', Buffer.from('\xef\xbb\xbfRÉ', 'latin1'), 'RÉ', true],
    ['ASCII', Buffer.from('RENE'), 'RENE', false],
    ['WINDOWS-1252', Buffer.from([0x93, 0x94]), '“”', false],
    ['8859/1', Buffer.from([0x93, 0xc9]), '“É', true],
    ['UNICODE UTF-8', Buffer.from([0x52, 0xc9]), 'RÉ', true],
    ['ASCII', Buffer.from('RENÉ'), 'RENÉ', true],
    ['ASCII', Buffer.from([0x52, 0xc9]), 'RÉ', true]
  ])('%s: %j is %s', (name, bytes, text, isGuessed) => {
    expect(decodeText(bytes, findCharacterSet(name) ?? '')).toMatchObject({ text, isGuessed })
  })

  test('that cannot be read has no name here', () => {
    expect(['ISO IR87', 'UNICODE UTF-16', 'EBCDIC', 'constructor', ''].map(findCharacterSet)).toEqual(
      Array(5).fill(undefined)
    )
  })
})
