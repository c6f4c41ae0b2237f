import { promisify } from 'node:util'
import { constants, gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib'

const compress = promisify(gzip)
const decompress = promisify(gunzip)

const fast = { level: constants.Z_BEST_SPEED }
/** Setting up a stream costs more than compressing a small message with little memory. */
const small = { ...fast, windowBits: 12, memLevel: 4 }

/** Below this, handing the work to another thread takes longer than doing it: see docs/benchmarks.md. */
const largeBytes = 32_768

/** What a message or a contribution holds, as `body` of its row keeps it: gzip. */
export async function packBody(content: string | Uint8Array): Promise<Buffer> {
  return content.length < largeBytes ? gzipSync(content, small) : await compress(content, fast)
}

/** @throws Error for what is no gzip. */
export async function unpackBody(body: Uint8Array): Promise<Buffer> {
  return body.length < largeBytes / 4 ? gunzipSync(body) : await decompress(body)
}
