import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sizeOfBase64, textToBase64 } from '../src/base64.ts'

test('a text is written as its UTF-8 is in base64, whatever its letters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(textToBase64(text)).toBe(Buffer.from(text, 'utf8').toString('base64'))
    })
  )
})

test('a long one too', () => {
  const text = 'Söderström 𝕏 '.repeat(10_000)
  expect(textToBase64(text)).toBe(Buffer.from(text, 'utf8').toString('base64'))
})

test.each([
  ['', undefined],
  ['QUI', undefined],
  ['QU?=', undefined],
  ['QQ==', 1],
  ['QUI=', 2],
  ['QUJD', 3]
])('%j stands for %s bytes', (base64, size) => {
  expect(sizeOfBase64(base64)).toBe(size)
})
