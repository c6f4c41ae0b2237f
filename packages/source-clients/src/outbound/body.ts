import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { failExchange } from './failure.ts'

/** The default of 16 KB costs a hand-over to the thread pool for each. */
const gunzipChunkBytes = 262_144

/** @throws OutcomeError `upstreamUnavailable` as soon as it is more than `maxBytes`. */
export async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    // Leaving the loop closes the connection: the rest of two gigabytes is not read.
    if (length > maxBytes) throw failExchange('too-large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/**
 * @param encoding The `Content-Encoding`; only gzip was asked for.
 * @throws OutcomeError `upstreamUnavailable` when it cannot be decompressed, and as soon as more than
 *   `maxBytes` have come out of it.
 */
export async function decodeBody(
  raw: Buffer,
  encoding: string | undefined,
  maxBytes: number
): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity' || raw.length === 0) return raw
  if (encoding !== 'gzip' && encoding !== 'x-gzip') throw failExchange('unreadable-encoding')
  try {
    return await promisify(gunzip)(raw, { maxOutputLength: maxBytes, chunkSize: gunzipChunkBytes })
  } catch (error) {
    const tooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw failExchange(tooLarge ? 'too-large' : 'unreadable-encoding')
  }
}
