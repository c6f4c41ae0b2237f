import { expect, test } from 'vitest'
import { fileTypeOf } from '../src/http/file-type.ts'

test.each([
  ['application/pdf', 'application/pdf', 'pdf'],
  ['Application/PDF ; name="Weir.pdf"', 'application/pdf', 'pdf'],
  ['image/jpeg', 'image/jpeg', 'jpg'],
  ['text/plain', 'text/plain; charset=utf-8', 'txt'],
  ['text/plain; charset="UTF-8"', 'text/plain; charset=utf-8', 'txt'],
  ['application/fhir+xml', 'application/fhir+xml', 'xml']
])('%s goes out as %s', (said, contentType, extension) => {
  expect(fileTypeOf(said)).toEqual({ contentType, extension })
})

test.each([
  'text/html',
  'text/html; charset=utf-8',
  'TEXT/HTML',
  'application/xhtml+xml',
  'image/svg+xml',
  'text/xml',
  'application/xml',
  'application/javascript',
  'text/plain; charset=utf-7',
  'text/plain;charset=iso-8859-1',
  'multipart/related',
  'application/pdf, text/html',
  'application/pdf\r\nX-Injected: 1',
  '__proto__',
  'constructor',
  ''
])('%j goes out as bytes', (said) => {
  expect(fileTypeOf(said)).toEqual({ contentType: 'application/octet-stream', extension: 'bin' })
})
