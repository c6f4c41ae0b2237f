import { gunzipSync } from 'node:zlib'
import { createApp, createLogger } from '@chesil/service-kit'
import fc from 'fast-check'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { afterAll, describe, expect, test } from 'vitest'
import { etagOf, isUnmodified } from '../src/http/conditional.ts'
import { assertJsonIsWelcome, sendPieces, sendValidated } from '../src/http/send.ts'
import { joinPieces, toPiece } from '../src/view/gzip-stream.ts'

const pieces = (parts: readonly string[]) => parts.map((part) => toPiece(Buffer.from(part)))
const long = ['{"a":"', 'x'.repeat(2_000), '"}']

type Answering = (request: FastifyRequest, reply: FastifyReply) => unknown
const app = createApp({ log: createLogger('test', 'silent') })
let answering: Answering = () => ''
app.get('/', (request, reply) => answering(request, reply))
afterAll(() => app.close())

function answered(headers: Record<string, string>, by: Answering) {
  answering = by
  return app.inject({ url: '/', headers })
}
const encoded = (accepted: string, parts: readonly string[] = long) =>
  answered({ 'accept-encoding': accepted }, (request, reply) => sendPieces(request, reply, pieces(parts)))

describe('an answer', () => {
  test.each([
    'gzip',
    'GZIP',
    'x-gzip',
    '*',
    'deflate, gzip',
    'br;q=1.0, gzip;q=0.001, *;q=0',
    'gzip;q=1',
    'gzip ; q=0.5',
    'identity;q=0, gzip'
  ])('is compressed for a reader who accepts %s', async (accepted) => {
    const { headers, rawPayload } = await encoded(accepted)
    expect(headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(rawPayload).toString()).toBe(long.join(''))
  })

  test.each([
    '',
    'identity',
    'br, deflate',
    'gzip;q=0',
    'gzip; q=0.000',
    '*;q=0',
    'gzip;q=0, *',
    '*, gzip;q=0.0',
    'x-gzip;q=0, gzip;q=0, *;q=1',
    'gzipped',
    'gzip;q=zero',
    'gzip;q=1.5.2'
  ])('is plain for a reader who accepts "%s"', async (accepted) => {
    const { headers, payload } = await encoded(accepted)
    expect(headers['content-encoding']).toBeUndefined()
    expect(payload).toBe(long.join(''))
  })

  test('that is small is plain, and says all the same what it depends on', async () => {
    const { headers, payload } = await encoded('gzip', ['{}'])
    expect([payload, headers['content-encoding'], headers['vary']]).toEqual([
      '{}',
      undefined,
      'Accept-Encoding'
    ])
    expect(headers['content-length']).toBe('2')
  })

  test('is the same compressed and plain, for any pieces, joined or not', async () => {
    const parts = fc.array(fc.string({ unit: 'binary', maxLength: 1_500 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(parts, fc.nat(7), async (some, at) => {
        const made = pieces(some)
        const sent = [joinPieces(made.slice(0, at)), ...made.slice(at)]
        const answer = (accepted: string) =>
          answered({ 'accept-encoding': accepted }, (request, reply) => sendPieces(request, reply, sent))
        const [gzip, plain] = [await answer('gzip'), await answer('identity')]
        const text = gzip.headers['content-encoding'] ? gunzipSync(gzip.rawPayload) : gzip.rawPayload
        expect(text.equals(plain.rawPayload)).toBe(true)
      }),
      { numRuns: 60 }
    )
  })
})

describe('an answer that the reader may hold already', () => {
  const etag = etagOf(['a', 'b'])
  const validated = (known: string | undefined, mayStay = true) =>
    answered(known === undefined ? {} : { 'if-none-match': known }, (request, reply) =>
      sendValidated(request, reply, { etag, mayStay, pieces: pieces(long) })
    )

  test.each([etag, etag.slice(2), `"x", ${etag}`, `W/"x",${etag.slice(2)} , "y"`, '*'])(
    'is 304 to If-None-Match: %s, with the headers that a 200 would have had',
    async (known) => {
      const { statusCode, headers, payload } = await validated(known)
      expect([statusCode, payload]).toEqual([304, ''])
      const whole = await validated(undefined)
      for (const name of ['etag', 'cache-control', 'vary']) expect(headers[name]).toBe(whole.headers[name])
    }
  )

  test.each(['', '""', 'W/""', '"x"', etag.slice(3, -1), `${etag}x`, etag.toUpperCase()])(
    'is sent to If-None-Match: %s',
    async (known) => {
      expect((await validated(known)).statusCode).toBe(200)
    }
  )

  test('is sent where something newer may be had', async () => {
    const { statusCode, headers } = await validated(etag, false)
    expect([statusCode, headers['etag']]).toEqual([200, etag])
  })
})

test('an ETag tells its parts apart, wherever they are cut', () => {
  const tags = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['"a"', 'b'], ['a","b']].map(etagOf)
  expect(new Set(tags).size).toBe(tags.length)
  expect(isUnmodified({ headers: {} } as FastifyRequest, '""')).toBe(false)
})

describe('JSON is welcome', () => {
  const request = (accept?: string, format?: unknown) =>
    ({ headers: accept === undefined ? {} : { accept }, query: { _format: format } }) as FastifyRequest

  test.each([
    [undefined, undefined],
    ['*/*', undefined],
    ['application/*', undefined],
    ['application/json', undefined],
    ['application/fhir+json;fhirVersion=4.0', undefined],
    ['application/fhir+xml, application/fhir+json;q=0.1', undefined],
    ['application/fhir+xml', 'json'],
    ['text/html', 'application/fhir+json'],
    ['text/html', 'application/fhir json'],
    ['text/html', 'text/json']
  ])('to Accept: %s with _format %s', (accept, format) => {
    expect(() => assertJsonIsWelcome(request(accept, format))).not.toThrow()
  })

  test.each([
    ['application/fhir+xml', undefined],
    ['text/html, image/*', undefined],
    ['application/json', 'xml'],
    ['*/*', 'application/fhir+xml'],
    ['*/*', 'text/turtle']
  ])('no more to Accept: %s with _format %s', (accept, format) => {
    expect(() => assertJsonIsWelcome(request(accept, format))).toThrow(
      expect.objectContaining({ kind: 'notAcceptable' })
    )
  })
})
