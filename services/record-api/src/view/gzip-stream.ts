import { constants, crc32, deflateRawSync } from 'node:zlib'

/**
 * Bytes of an answer, and the same as a piece of a gzip stream. Pieces end on a byte and depend on nothing
 * before them, so that any choice of them joins into one stream without being compressed again.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1951
 * @see https://www.rfc-editor.org/rfc/rfc1952
 */
export interface Piece {
  readonly plain: Buffer
  /** Raw deflate, flushed to a byte, not final. Made when first wanted, and kept. */
  deflated(): Buffer
  /** CRC-32 of the plain bytes. */
  crc(): number
}

export interface StoredPiece extends Piece {
  /** Its compressed form lies in a larger one: that need not be kept twice. */
  adopt(compressed: Buffer): void
}

/** What zlib returns is a small part of a large buffer, all of which would be kept. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

/** Small windows and tables: an entry is a kilobyte or two, and setting up more would cost more than it saves. */
const settings = {
  finishFlush: constants.Z_FULL_FLUSH,
  level: 3,
  memLevel: 4,
  windowBits: 12,
  chunkSize: 2_048
}

export function toPiece(plain: Buffer): StoredPiece {
  let deflated: Buffer | undefined
  let checksum: number | undefined
  return {
    plain,
    deflated() {
      deflated ??= copyOf(deflateRawSync(plain, settings))
      return deflated
    },
    adopt(compressed) {
      deflated = compressed
    },
    crc() {
      checksum ??= crc32(plain)
      return checksum
    }
  }
}

/** Several pieces as one; the compressed form is joined from theirs. */
export function joinPieces(pieces: readonly Piece[]): Piece {
  let plain: Buffer | undefined
  let deflated: Buffer | undefined
  let checksum: number | undefined
  return {
    get plain() {
      plain ??= Buffer.concat(pieces.map((piece) => piece.plain))
      return plain
    },
    deflated() {
      deflated ??= Buffer.concat(pieces.map((piece) => piece.deflated()))
      return deflated
    },
    crc() {
      checksum ??= pieces.reduce((crc, piece) => combineCrc(crc, piece.crc(), piece.plain.length), 0)
      return checksum
    }
  }
}

const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
/** An empty block marked as the last. */
const end = Buffer.from([0x03, 0x00])

/** As `joinPieces`, of pieces that lie side by side in `plain` and are kept for as long as it is. */
export function joinBlock(plain: Buffer, pieces: () => readonly StoredPiece[]): Piece {
  let joined: Piece | undefined
  const join = () => {
    joined ??= joinPieces(pieces())
    return joined
  }
  let deflated: Buffer | undefined
  return {
    plain,
    deflated() {
      if (deflated) return deflated
      deflated = join().deflated()
      let end = 0
      for (const piece of pieces()) {
        const start = end
        end += piece.deflated().length
        piece.adopt(deflated.subarray(start, end))
      }
      return deflated
    },
    crc: () => join().crc()
  }
}

/** @returns the pieces as one gzip file, its parts one behind the other. */
export function toGzip(pieces: readonly Piece[]): readonly Buffer[] {
  const trailer = Buffer.alloc(8)
  let crc = 0
  let length = 0
  for (const piece of pieces) {
    crc = combineCrc(crc, piece.crc(), piece.plain.length)
    length += piece.plain.length
  }
  trailer.writeUInt32LE(crc, 0)
  trailer.writeUInt32LE(length % 2 ** 32, 4)
  return [header, ...pieces.map((piece) => piece.deflated()), end, trailer]
}

/**
 * The CRC-32 of two texts one after the other, from theirs: the first is multiplied by x to the power of
 * eight times the second's length, modulo the CRC's polynomial.
 *
 * @see https://github.com/madler/zlib/blob/develop/crc32.c (crc32_combine)
 */
export function combineCrc(first: number, second: number, secondLength: number): number {
  let power = 0x80000000 // 1, bits reversed
  for (let bytes = secondLength, bit = 3; bytes > 0; bytes = Math.floor(bytes / 2), bit++) {
    if (bytes % 2 === 1) power = multiply(powers[bit & 31] as number, power)
  }
  return (multiply(power, first) ^ second) >>> 0
}

const polynomial = 0xedb88320

/** Of two polynomials over GF(2), bits reversed, modulo the CRC's. */
function multiply(a: number, b: number): number {
  let product = 0
  let term = b
  for (let bit = 0x80000000; bit !== 0 && a !== 0; bit >>>= 1) {
    if (a & bit) product ^= term
    term = term & 1 ? (term >>> 1) ^ polynomial : term >>> 1
  }
  return product >>> 0
}

/** x to the power of 2 to the power of n. */
const powers: readonly number[] = powersOfX()

function powersOfX(): number[] {
  const list = [0x40000000]
  for (let n = 1; n < 32; n++) list.push(multiply(list[n - 1] as number, list[n - 1] as number))
  return list
}
