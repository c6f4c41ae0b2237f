import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { OutcomeError } from '@chesil/fhir'

/**
 * The bytes of a file that may be gzip, which its first two bytes tell.
 *
 * @throws OutcomeError `invalid` for gzip that is damaged or ends too early, and for more than `maxBytes` unpacked.
 */
export async function* unpackFile(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await beginning(iterator)
  const all = Readable.from(resumed(first, iterator))
  let bytes = 0
  for await (const chunk of isGzip(first) ? gunzip(all) : all) {
    bytes += chunk.length
    if (bytes > maxBytes)
      throw new OutcomeError('invalid', `The file is larger than ${maxBytes} bytes: send it in parts`)
    yield chunk
  }
}

/** @returns two bytes or more, by which one can tell what a file is; fewer where it has no more. */
async function beginning(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array()
  for (;;) {
    const next = await iterator.next()
    if (next.done) return bytes
    bytes = Buffer.concat([bytes, next.value])
    if (bytes.length >= 2) return bytes
  }
}

const isGzip = ([first, second]: Uint8Array): boolean => first === 0x1f && second === 0x8b

async function* resumed(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

async function* gunzip(packed: Readable): AsyncGenerator<Uint8Array> {
  const unpacked = new PassThrough()
  const done = pipeline(packed, createGunzip(), unpacked)
  // Heard below: until then nobody else must.
  done.catch(() => undefined)
  try {
    yield* unpacked as AsyncIterable<Uint8Array>
    await done
  } catch (error) {
    throw isDamaged(error)
      ? new OutcomeError('invalid', 'The gzip is damaged, or ends too early: send the file again')
      : error
  }
}

const isDamaged = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^Z_/.test(String(error.code))
