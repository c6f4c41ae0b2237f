import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes
} from 'node:crypto'
import type { SortPosition } from '@chesil/care-record'
import { OutcomeError } from '@chesil/fhir'
import type { PersonState } from '@chesil/record-store'
import type { FastifyRequest } from 'fastify'
import { formParameters, type Parameters, parseParameters, queryParameters, single } from './parameters.ts'

/** Where a page ended, in a result that cannot move: it names the version it was taken from. */
export interface Cursor {
  readonly patientId: string
  readonly version: number
  /** The type searched, or the operation with its `$`: a cursor fits no other. */
  readonly of: string
  /** The search it belongs to, as it was understood. */
  readonly search: string
  readonly after: SortPosition
}

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/**
 * Cursors as opaque tokens: encrypted, because what was posted comes back in them and addresses are written to logs; and
 * sealed, because whoever could write one could ask for somebody else's page.
 *
 * @param secret At least 32 characters; the same on every replica.
 */
export function createCursors(secret: string) {
  if (secret.length < 32) throw new Error('The cursor key needs at least 32 characters')
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'chesil cursors', 32)))
  return {
    write({ patientId, version, of, search, after }: Cursor): string {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, key, nonce)
      const content = JSON.stringify([patientId, version, of, search, after])
      const sealed = Buffer.concat([cipher.update(content, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },

    /** @throws OutcomeError `invalid` for a token that we did not write. */
    read(token: string): Cursor {
      const bytes = Buffer.from(token, 'base64url')
      // base64 has several spellings of the same bytes, and only ours is ours.
      if (bytes.length <= nonceBytes + tagBytes || bytes.toString('base64url') !== token) throw notOurs()
      const [patientId, version, of, search, after] = JSON.parse(open(bytes, key))
      return { patientId, version, of, search, after }
    }
  }
}

function open(bytes: Buffer, key: KeyObject): string {
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes
    })
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
    const sealed = bytes.subarray(nonceBytes + tagBytes)
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
  } catch {
    throw notOurs()
  }
}

export type Cursors = ReturnType<typeof createCursors>

const notOurs = () => new OutcomeError('invalid', 'That page link is not one of ours: start the search again')

/**
 * What a request asks for: its own parameters, or those of the search whose next page it is.
 *
 * @param of The type searched, or the operation.
 * @throws OutcomeError `invalid` as `read`, for the cursor of another search, and for anything asked beside it.
 */
export function searchOf(
  request: FastifyRequest,
  cursors: Cursors,
  of: string
): { readonly cursor: Cursor | undefined; readonly parameters: Parameters } {
  const asked = [...queryParameters(request), ...formParameters(request)]
  const token = single(asked, '_cursor')
  if (token === undefined) return { cursor: undefined, parameters: asked }
  const cursor = cursors.read(token)
  if (cursor.of !== of) throw notOurs()
  if (asked.some(([name]) => name !== '_cursor' && name !== '_format')) {
    throw new OutcomeError('invalid', 'A page link holds its whole search: follow it as it is')
  }
  return { cursor, parameters: parseParameters(cursor.search) }
}

/**
 * A merge ends the page links of the person who was merged; a merge undone also those of the other, because
 * what they would show has become somebody else's.
 */
export const isOfPerson = (
  cursor: Cursor,
  { patientId, version, partedVersion }: Pick<PersonState, 'patientId' | 'version' | 'partedVersion'>
): boolean => cursor.patientId === patientId && cursor.version >= partedVersion && cursor.version <= version
