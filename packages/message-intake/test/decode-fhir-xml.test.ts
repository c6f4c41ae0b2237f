import { expect, test } from 'vitest'
import { decodeFhirXml } from '../src/decode-fhir-xml.ts'

const declared = (encoding: string): Buffer => Buffer.from(`<?xml version="1.0" encoding="${encoding}"?><a/>`)

test.each(['UTF-8', 'utf8', 'us-ascii'])('what says that it is %s is read', (encoding) => {
  expect(decodeFhirXml(declared(encoding))).toContain('<a/>')
})

test('without a declaration it is UTF-8; a byte order mark is no part of it', () => {
  expect(decodeFhirXml(Buffer.from('\uFEFF<a b="é"/>'))).toBe('<a b="é"/>')
})

test.each<[string, Uint8Array]>([
  ['bytes that are not UTF-8', Buffer.from('<a b="é"/>', 'latin1')],
  ['UTF-16', Buffer.from('\uFEFF<a/>', 'utf16le')],
  ['what says that it is something else', declared('ISO-8859-1')]
])('%s are not guessed at', (_, bytes) => {
  expect(decodeFhirXml(bytes)).toBeUndefined()
})
