import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { answerWith, connect, fhir, html, outcomeOf, question, record } from './support/practice.ts'
import { drip, openOutbound, serve, serveRaw, type TestServer } from './support/servers.ts'

describe('a record', () => {
  test('is given as text, with what it took', async () => {
    const server = await serve((_, response) => {
      setTimeout(() => response.writeHead(200, fhir).end(`${record}\r\n`), 60)
    })
    const outcome = await connect(server).client.readStructuredRecord(question)
    expect(outcome).toMatchObject({ outcome: 'answered' })
    if (outcome.outcome !== 'answered') return
    expect(Buffer.from(outcome.body).toString()).toBe(`${record}\r\n`)
    expect(outcome.elapsedMs).toBeGreaterThan(50)
    expect(outcome).not.toHaveProperty('gzip')
  })

  test('that came compressed is given both ways', async () => {
    const server = await serve(answerWith(200, gzipSync(record), { ...fhir, 'content-encoding': 'gzip' }))
    const outcome = await connect(server).client.readStructuredRecord(question)
    if (outcome.outcome !== 'answered') throw new Error(outcome.outcome)
    expect(Buffer.from(outcome.body).toString()).toBe(record)
    expect(Buffer.from(outcome.gzip ?? [])).toEqual(gzipSync(record))
  })

  test.each([
    'application/fhir+json',
    'application/json',
    'application/json+fhir;charset=utf-8',
    'APPLICATION/FHIR+JSON'
  ])('may come as %s', async (type) => {
    const server = await serve(answerWith(200, record, { 'content-type': type }))
    expect(await connect(server).client.readStructuredRecord(question)).toMatchObject({ outcome: 'answered' })
  })

  test('with an OperationOutcome inside is a record', async () => {
    const body = JSON.stringify({
      resourceType: 'Bundle',
      entry: [{ resource: JSON.parse(outcomeOf('NOT_IMPLEMENTED')) }]
    })
    const server = await serve(answerWith(200, body))
    expect(await connect(server).client.readStructuredRecord(question)).toMatchObject({ outcome: 'answered' })
  })
})

describe('an answer of', () => {
  test.each<[string, RequestListener, object]>([
    ['404 PATIENT_NOT_FOUND', answerWith(404, outcomeOf('PATIENT_NOT_FOUND')), { outcome: 'not-disclosed' }],
    ['404 NO_RECORD_FOUND', answerWith(404, outcomeOf('NO_RECORD_FOUND')), { outcome: 'not-disclosed' }],
    ['404 without a word', answerWith(404, ''), { outcome: 'not-disclosed' }],
    [
      '404 compressed and empty',
      answerWith(404, '', { 'content-encoding': 'gzip' }),
      { outcome: 'not-disclosed' }
    ],
    [
      '403 NO_PATIENT_CONSENT',
      answerWith(403, outcomeOf('NO_PATIENT_CONSENT')),
      { outcome: 'refused-by-consent' }
    ],
    [
      '403 NO_PATIENT_CONSENT, compressed',
      answerWith(403, gzipSync(outcomeOf('NO_PATIENT_CONSENT')), { ...fhir, 'content-encoding': 'gzip' }),
      { outcome: 'refused-by-consent' }
    ],
    [
      '403 NO_ORGANISATIONAL_CONSENT',
      answerWith(403, outcomeOf('NO_ORGANISATIONAL_CONSENT')),
      { outcome: 'failed', status: 403, code: 'NO_ORGANISATIONAL_CONSENT' }
    ],
    [
      '403 NO_ORGANISATION_CONSENT',
      answerWith(403, outcomeOf('NO_ORGANISATION_CONSENT')),
      { outcome: 'failed', status: 403, code: 'NO_ORGANISATION_CONSENT' }
    ],
    [
      '403 ACCESS DENIED',
      answerWith(403, outcomeOf('ACCESS DENIED')),
      { outcome: 'failed', status: 403, code: 'ACCESS DENIED' }
    ],
    [
      '403 NO_RELATIONSHIP',
      answerWith(403, outcomeOf('NO_RELATIONSHIP')),
      { outcome: 'failed', status: 403, code: 'NO_RELATIONSHIP' }
    ],
    [
      '403 ASID_CHECK_FAILED',
      answerWith(403, outcomeOf('ASID_CHECK_FAILED')),
      { outcome: 'failed', status: 403, code: 'ASID_CHECK_FAILED' }
    ],
    ['403 of the proxy', answerWith(403, '<html>', html), { outcome: 'failed', status: 403 }],
    [
      '400 NO_PATIENT_CONSENT',
      answerWith(400, outcomeOf('NO_PATIENT_CONSENT')),
      { outcome: 'failed', status: 400, code: 'NO_PATIENT_CONSENT' }
    ],
    [
      '400 INVALID_NHS_NUMBER',
      answerWith(400, outcomeOf('INVALID_NHS_NUMBER')),
      { outcome: 'failed', status: 400, code: 'INVALID_NHS_NUMBER' }
    ],
    [
      '409',
      answerWith(409, outcomeOf('DUPLICATE_REJECTED')),
      { outcome: 'failed', status: 409, code: 'DUPLICATE_REJECTED' }
    ],
    [
      '422',
      answerWith(422, outcomeOf('INVALID_PARAMETER')),
      { outcome: 'failed', status: 422, code: 'INVALID_PARAMETER' }
    ],
    [
      '500',
      answerWith(500, outcomeOf('INTERNAL_SERVER_ERROR')),
      { outcome: 'failed', status: 500, code: 'INTERNAL_SERVER_ERROR' }
    ],
    ['502 of the proxy', answerWith(502, 'Bad Gateway', html), { outcome: 'failed', status: 502 }],
    ['a code that is a name', answerWith(500, outcomeOf('JOHN SMITH')), { outcome: 'failed', status: 500 }],
    ['a code that is an object', answerWith(500, outcomeOf({ a: 1 })), { outcome: 'failed', status: 500 }],
    [
      'issues that are an object',
      answerWith(500, outcomeOf('', { issue: { code: 1 } })),
      { outcome: 'failed', status: 500 }
    ],
    [
      'an issue that is null',
      answerWith(500, outcomeOf('', { issue: [null] })),
      { outcome: 'failed', status: 500 }
    ],
    [
      'a redirect',
      answerWith(302, '', { location: '/elsewhere' }),
      { outcome: 'failed', status: 302, code: 'redirect' }
    ],
    [
      'a permanent redirect',
      answerWith(308, record, { ...fhir, location: '/elsewhere' }),
      { outcome: 'failed', status: 308, code: 'redirect' }
    ],
    ['201 with a record', answerWith(201, record), { outcome: 'failed', status: 201 }],
    ['204', answerWith(204, ''), { outcome: 'failed', status: 204 }],
    ['HTML', answerWith(200, '<html>}', html), { outcome: 'failed', status: 200, code: 'not-json' }],
    [
      'HTML that says it is JSON',
      answerWith(200, '<html>}'),
      { outcome: 'failed', status: 200, code: 'not-json' }
    ],
    [
      'JSON that says it is HTML',
      answerWith(200, record, html),
      { outcome: 'failed', status: 200, code: 'not-json' }
    ],
    [
      'JSON that says nothing',
      answerWith(200, record, {}),
      { outcome: 'failed', status: 200, code: 'not-json' }
    ],
    [
      'XML',
      answerWith(200, '<Bundle/>', { 'content-type': 'application/fhir+xml' }),
      { outcome: 'failed', status: 200, code: 'not-json' }
    ],
    [
      'a type that begins like JSON',
      answerWith(200, record, { 'content-type': 'application/json-seq' }),
      { outcome: 'failed', status: 200, code: 'not-json' }
    ],
    ['a list', answerWith(200, `[${record}]`), { outcome: 'failed', status: 200, code: 'not-json' }],
    ['nothing', answerWith(200, ''), { outcome: 'failed', status: 200, code: 'not-json' }],
    [
      'truncated JSON',
      answerWith(200, record.slice(0, -1)),
      { outcome: 'failed', status: 200, code: 'truncated' }
    ],
    [
      'truncated JSON, compressed as if whole',
      answerWith(200, gzipSync(record.slice(0, -1)), { ...fhir, 'content-encoding': 'gzip' }),
      { outcome: 'failed', status: 200, code: 'truncated' }
    ],
    [
      'an error in disguise',
      answerWith(200, outcomeOf('NO_RECORD_FOUND')),
      { outcome: 'failed', status: 200, code: 'operation-outcome' }
    ],
    [
      'an error in disguise, its type last',
      answerWith(200, `{"issue":[],"resourceType":"OperationOutcome"}`),
      { outcome: 'failed', status: 200, code: 'operation-outcome' }
    ],
    [
      'more than was agreed',
      answerWith(200, `{"a":"${'x'.repeat(1_000_000)}"}`),
      { outcome: 'failed', code: 'too-large' }
    ],
    [
      'a gzip bomb',
      answerWith(200, gzipSync(Buffer.alloc(100_000_000, 'x')), { ...fhir, 'content-encoding': 'gzip' }),
      { outcome: 'failed', code: 'too-large' }
    ],
    [
      'gzip that is none',
      answerWith(200, record, { ...fhir, 'content-encoding': 'gzip' }),
      { outcome: 'failed', code: 'unreadable-encoding' }
    ],
    ['a reset', (request) => request.socket.resetAndDestroy(), { outcome: 'failed', code: 'unreachable' }]
  ])('%s is told for what it is, and not asked for again', async (_, listener, expected) => {
    const server = await serve(listener)
    expect(await connect(server).client.readStructuredRecord(question)).toEqual(expected)
    expect(server.connections()).toBe(1)
  })

  test.each<[string, () => Promise<TestServer>]>([
    ['nothing at all', () => serve(() => undefined)],
    ['a body that drips', () => serve((_, response) => drip(response.writeHead(200, fhir), '{', ' '))],
    ['a head that drips', () => serveRaw((socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx:', 'x'))],
    ['half a body', () => serve((_, response) => response.writeHead(200, fhir).write(record.slice(0, 10)))]
  ])('%s is timed out at the source’s own deadline', async (_, start) => {
    const server = await start()
    const startedAt = performance.now()
    const { client } = connect(server, { limits: { timeoutMs: 150 } })
    expect(await client.readStructuredRecord(question)).toEqual({ outcome: 'timed-out' })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    await vi.waitFor(() => expect(server.open()).toBe(0))
  })

  test('a practice whose address is not allowed is a failure that says so', async () => {
    const server = await serve(answerWith(200, record))
    const { client } = connect(server, { outbound: openOutbound({ allowedAddresses: [] }) })
    expect(await client.readStructuredRecord(question)).toEqual({
      outcome: 'failed',
      code: 'address-refused'
    })
    expect(server.connections()).toBe(0)
  })
})

test('a reader that gives up is answered at once, and the practice is let go', async () => {
  const server = await serve(() => undefined)
  const { client } = connect(server)
  const caller = new AbortController()
  const pending = client.readStructuredRecord({ ...question, signal: caller.signal })
  await vi.waitFor(() => expect(server.open()).toBe(1))
  caller.abort()
  expect(await pending).toEqual({ outcome: 'timed-out' })
  await vi.waitFor(() => expect(server.open()).toBe(0))
})

test('no outcome but an answer holds a word of what the practice said', async () => {
  const says = outcomeOf('CANARY', { text: { div: 'CANARY' } })
  for (const status of [200, 302, 400, 403, 404, 500]) {
    const server = await serve(answerWith(status, says, { ...fhir, location: '/CANARY' }))
    const outcome = await connect(server).client.readStructuredRecord(question)
    expect(JSON.stringify(outcome)).not.toContain('CANARY')
  }
})
