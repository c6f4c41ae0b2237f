import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSealing } from '../src/sealing.ts'

const sealing = createSealing('a secret of thirty-two characters or more')

describe('a sealed text', () => {
  test('opens under the name it was sealed with', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, name) => {
        const whole = Buffer.from(text, 'utf8').toString('utf8')
        expect(sealing.open(sealing.seal(whole, name), name)).toBe(whole)
      })
    )
  })

  test('opens under no other name and with no other secret', () => {
    const sealed = sealing.seal('whsec_abc', 'key-1')
    expect(() => sealing.open(sealed, 'key-2')).toThrow('Sealed with another secret')
    const other = createSealing('another secret of thirty-two characters')
    expect(() => other.open(sealed, 'key-1')).toThrow('Sealed with another secret')
  })

  test('does not open when any bit of it was altered, or when it was cut', () => {
    const sealed = sealing.seal('whsec_abc', 'key-1')
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed)
      altered[at] = (altered[at] as number) ^ 1
      expect(() => sealing.open(altered, 'key-1')).toThrow()
      expect(() => sealing.open(sealed.subarray(0, at), 'key-1')).toThrow()
    }
  })

  test('says nothing of its text', () => {
    expect(sealing.seal('whsec_abc', 'k').includes('whsec_abc')).toBe(false)
    expect(sealing.seal('whsec_abc', 'k')).not.toEqual(sealing.seal('whsec_abc', 'k'))
  })
})

test('a short secret is refused', () => {
  expect(() => createSealing('short')).toThrow('32 characters')
})
