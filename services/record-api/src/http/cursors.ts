import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SortPosition } from '@chesil/care-record'
import { OutcomeError } from '@chesil/fhir'
import type { FastifyRequest } from 'fastify'
import { type Parameters, parseParameters, queryParameters, single } from './parameters.ts'

/** Where a page ended, in a result that cannot move: it names the version it was taken from. */
export interface Cursor {
  readonly patientId: string
  readonly version: number
  /** The search it belongs to, as asked: a cursor does not fit another one. */
  readonly search: string
  readonly after: SortPosition
}

/**
 * Cursors as opaque tokens: signed, because whoever could write one could ask for somebody else's page.
 *
 * @param key At least 32 characters; the same on every replica.
 */
export function createCursors(key: string) {
  if (key.length < 32) throw new Error('The cursor key needs at least 32 characters')
  const sign = (payload: string) => createHmac('sha256', key).update(payload).digest()
  return {
    write(cursor: Cursor): string {
      const payload = Buffer.from(
        JSON.stringify([cursor.patientId, cursor.version, cursor.search, cursor.after])
      ).toString('base64url')
      return `${payload}.${sign(payload).toString('base64url')}`
    },

    /** @throws OutcomeError `invalid` for a token that we did not write. */
    read(token: string): Cursor {
      const [payload = '', signature = ''] = token.split('.')
      const given = Buffer.from(signature, 'base64url')
      const expected = sign(payload)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new OutcomeError('invalid', 'That page link is not one of ours: start the search again')
      }
      const [patientId, version, search, after] = JSON.parse(Buffer.from(payload, 'base64url').toString())
      return { patientId, version, search, after }
    }
  }
}

export type Cursors = ReturnType<typeof createCursors>

/**
 * What a request asks for: its own parameters, or those of the search whose next page it is.
 *
 * @throws OutcomeError `invalid` as `read`.
 */
export function searchOf(
  request: FastifyRequest,
  cursors: Cursors
): { readonly cursor: Cursor | undefined; readonly parameters: Parameters } {
  const asked = queryParameters(request)
  const token = single(asked, '_cursor')
  if (token === undefined) return { cursor: undefined, parameters: asked }
  const cursor = cursors.read(token)
  return { cursor, parameters: parseParameters(cursor.search) }
}

/** @throws OutcomeError `gone` when the person it belongs to is no longer that person. */
export function assertSamePerson(cursor: Cursor | undefined, patientId: string): void {
  if (cursor && cursor.patientId !== patientId) {
    throw new OutcomeError('gone', 'The person has been merged since: start the search again')
  }
}
