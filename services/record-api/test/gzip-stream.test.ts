import { crc32, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { combineCrc, joinPieces, toGzip, toPiece } from '../src/view/gzip-stream.ts'

const texts = fc.array(fc.string({ unit: 'binary', maxLength: 3_000 }), { maxLength: 12 })

test('any choice of pieces is one gzip file of their texts', () => {
  fc.assert(
    fc.property(texts, (parts) => {
      const gzip = Buffer.concat(toGzip(parts.map((part) => toPiece(Buffer.from(part)))))
      expect(gunzipSync(gzip).toString()).toBe(Buffer.from(parts.join('')).toString())
    })
  )
})

test('joined pieces are the same as the pieces one by one', () => {
  fc.assert(
    fc.property(texts, texts, (some, more) => {
      const pieces = (parts: string[]) => parts.map((part) => toPiece(Buffer.from(part)))
      const joined = joinPieces([joinPieces(pieces(some)), ...pieces(more)])
      const all = Buffer.from([...some, ...more].join(''))
      expect(joined.plain).toEqual(all)
      expect(joined.crc()).toBe(crc32(all))
      expect(gunzipSync(Buffer.concat(toGzip([joined])))).toEqual(all)
    })
  )
})

test('a checksum of two texts is made from theirs', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000 }), fc.uint8Array({ maxLength: 70_000 }), (a, b) => {
      const whole = crc32(Buffer.concat([a, b]))
      expect(combineCrc(crc32(a), crc32(b), b.length)).toBe(whole)
    })
  )
})
