import { constants, crc32, deflateRawSync } from 'node:zlib'

/** A body whose bytes were made once, but for its beginning, which differs with each answer. */
export interface Payload {
  /** Without compression. */
  plain(head: string): Buffer
  /** As one gzip member: the beginning is deflated anew, the rest was deflated once. */
  gzipped(head: string): Buffer
  readonly bytes: number
}

export function createPayload(rest: string): Payload {
  const restBytes = Buffer.from(rest)
  let deflated: Buffer | undefined
  return {
    bytes: restBytes.length,
    plain: (head) => Buffer.concat([Buffer.from(head), restBytes]),
    gzipped(head) {
      const headBytes = Buffer.from(head)
      deflated ??= deflateRawSync(restBytes)
      const trailer = Buffer.alloc(8)
      trailer.writeUInt32LE(crc32(restBytes, crc32(headBytes)))
      trailer.writeUInt32LE((headBytes.length + restBytes.length) >>> 0, 4)
      return Buffer.concat([gzipHeader, deflateBlock(headBytes), deflated, trailer])
    }
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc1952 */
const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

/** Complete up to a byte's edge and not the last, so that another block may follow. */
const deflateBlock = (bytes: Buffer): Buffer => deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH })

/**
 * A bomb: gzip of some kilobytes that unpacks to a Bundle of that many bytes, nearly all of it blanks.
 * Its checksum is wrong, but nobody should come that far.
 */
export function* bombChunks(unpackedBytes: number): Generator<Buffer> {
  const blanks = deflateBlock(Buffer.alloc(bombBlockBytes, ' '))
  yield Buffer.concat([
    gzipHeader,
    deflateBlock(Buffer.from('{"resourceType":"Bundle","type":"collection","entry":['))
  ])
  for (let sent = 0; sent < unpackedBytes; sent += bombBlockBytes) yield blanks
  yield Buffer.concat([deflateRawSync(Buffer.from(']}')), Buffer.alloc(8)])
}

const bombBlockBytes = 1_048_576

export interface Payloads {
  /** @param key Names the content: the same key, the same bytes. */
  get(key: string, make: () => string): Payload
}

/** Keeps payloads so that benches measure those who ask and not us; the oldest go when there are too many bytes. */
export function createPayloads({ maxBytes }: { readonly maxBytes: number }): Payloads {
  const held = new Map<string, Payload>()
  let bytes = 0
  return {
    get(key, make) {
      const known = held.get(key)
      if (known) return known
      const payload = createPayload(make())
      held.set(key, payload)
      bytes += payload.bytes
      for (const [oldest, { bytes: freed }] of held) {
        if (bytes <= maxBytes || oldest === key) break
        held.delete(oldest)
        bytes -= freed
      }
      return payload
    }
  }
}
