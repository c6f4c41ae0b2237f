import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { call, failureOf, text } from './support/exchange.ts'
import { drip, openOutbound, serve, serveRaw } from './support/servers.ts'

test('sends what it is given and returns what comes back', async () => {
  const server = await serve(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    response.writeHead(418, { 'content-type': 'text/plain' })
    response.end(
      [request.method, request.url, request.headers['x-trace'], request.headers.host, body].join('|')
    )
  })
  const answer = await call(openOutbound(), `${server.url}/a//b?c=d%7Ce`, {
    method: 'POST',
    headers: { 'X-Trace': 't' },
    body: 'hello'
  })
  expect(answer).toMatchObject({ status: 418, contentType: 'text/plain' })
  expect(text(answer)).toBe(`POST|/a//b?c=d%7Ce|t|127.0.0.1:${server.port}|hello`)
  expect(answer).not.toHaveProperty('gzip')
})

test('asks for gzip, decompresses it, and keeps what came', async () => {
  const record = JSON.stringify({ resourceType: 'Bundle', entry: Array(100).fill({ a: 1 }) })
  const server = await serve((request, response) => {
    expect(request.headers['accept-encoding']).toBe('gzip')
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(record))
  })
  const answer = await call(openOutbound(), server.url)
  expect(text(answer)).toBe(record)
  expect(Buffer.from(answer.gzip ?? [])).toEqual(gzipSync(record))
})

test('keeps connections for the next exchanges', async () => {
  const server = await serve((_, response) => response.end('{}'))
  const outbound = openOutbound()
  for (let i = 0; i < 20; i++) await call(outbound, server.url)
  expect(server.connections()).toBeLessThan(3)
})

describe('an answer that cannot be used', () => {
  test.each([
    ['is too long, and says so', 'too-large', { 'content-length': '10001' }, 'x'.repeat(10_001)],
    ['is too long, and does not say so', 'too-large', {}, 'x'.repeat(10_001)],
    [
      'is too long once decompressed',
      'too-large',
      { 'content-encoding': 'gzip' },
      gzipSync('x'.repeat(10_001))
    ],
    ['is not the gzip it says it is', 'unreadable-encoding', { 'content-encoding': 'gzip' }, '{}'],
    [
      'is gzip cut short',
      'unreadable-encoding',
      { 'content-encoding': 'gzip' },
      gzipSync('x'.repeat(5_000)).subarray(0, 20)
    ],
    ['is compressed as nobody asked', 'unreadable-encoding', { 'content-encoding': 'br' }, '{}'],
    [
      'is compressed twice',
      'unreadable-encoding',
      { 'content-encoding': 'gzip, gzip' },
      gzipSync(gzipSync('{}'))
    ]
  ])('%s', async (_, failure, headers, body) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, headers)
      response.end(body)
    })
    expect(await failureOf(openOutbound(), server.url)).toBe(failure)
  })

  test('is two gigabytes in two megabytes, and costs no more memory than was agreed', async () => {
    const megabyte = Buffer.alloc(1_048_576)
    const bomb = Buffer.concat(Array(2_048).fill(gzipSync(megabyte, { level: 9 })))
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    const before = process.memoryUsage.rss()
    expect(await failureOf(openOutbound(), server.url, { maxBytes: 67_108_864 })).toBe('too-large')
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1_048_576)
  })

  test('never ends, and is read no further than was agreed', async () => {
    let written = 0
    const server = await serve((_, response) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const pour = () => {
        while (response.write(chunk) && !response.destroyed) written += chunk.length
        if (!response.destroyed) response.once('drain', pour)
      }
      pour()
    })
    expect(await failureOf(openOutbound(), server.url, { maxBytes: 1_000_000 })).toBe('too-large')
    await vi.waitFor(() => expect(server.open()).toBe(0))
    expect(written).toBeLessThan(20_000_000)
  })
})

describe('a server that', () => {
  const deadline = () => ({ signal: AbortSignal.timeout(100) })
  const hint = 'HTTP/1.1 103 Early Hints\r\n\r\n'

  test.each([
    ['resets', 'unreachable', () => serveRaw((socket) => socket.resetAndDestroy())],
    ['closes without a word', 'unreachable', () => serveRaw((socket) => socket.end())],
    [
      'closes in the middle of the head',
      'unreachable',
      () => serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ncont'))
    ],
    [
      'closes in the middle of a body of known length',
      'unreachable',
      () => serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'))
    ],
    [
      'closes in the middle of a chunk',
      'unreachable',
      () => serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\n{'))
    ],
    [
      'resets in the middle of a body',
      'unreachable',
      () =>
        serveRaw((socket) =>
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{', () => socket.resetAndDestroy())
        )
    ],
    [
      'speaks another protocol',
      'unreachable',
      () => serveRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    ],
    [
      'sends a head of a megabyte',
      'unreachable',
      () => serveRaw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(1_048_576)}\r\n\r\n{}`))
    ],
    [
      'says two lengths',
      'unreachable',
      () =>
        serveRaw((socket) =>
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}')
        )
    ],
    ['says nothing', 'timed-out', () => serveRaw(() => undefined)],
    ['drips its head', 'timed-out', () => serveRaw((socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx:', 'x'))],
    ['drips its body', 'timed-out', () => serve((_, response) => drip(response, '{', ' '))],
    ['stops in the middle of its body', 'timed-out', () => serve((_, response) => response.write('{'))],
    ['hints for ever', 'timed-out', () => serveRaw((socket) => drip(socket, hint, hint))]
  ] as const)('%s gives no answer (%s), once, and is let go', async (_, failure, start) => {
    const server = await start()
    const startedAt = performance.now()
    const found = await failureOf(openOutbound(), server.url, deadline())
    expect(found).toBe(failure)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(server.connections()).toBe(1)
    await vi.waitFor(() => expect(server.open()).toBe(0))
  })

  test('closes its half of the connection after the whole answer has answered', async () => {
    const server = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'))
    expect(await failureOf(openOutbound(), server.url)).toBe(200)
  })

  test('is not there is unreachable', async () => {
    const server = await serve(() => undefined)
    const { port } = server
    expect(await failureOf(openOutbound(), `http://127.0.0.2:${port}`)).toBe('unreachable')
  })

  test('has no name is unreachable', async () => {
    const resolve = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND practice.example'), { code: 'ENOTFOUND' })
    }
    const error = await call(openOutbound({ resolve }), 'https://practice.example').catch(
      (reason: unknown) => reason
    )
    expect(error).toMatchObject({ message: 'The other end could not be reached (ENOTFOUND)' })
  })
})

test('a name server that hangs holds nobody past the deadline', async () => {
  const outbound = openOutbound({ resolve: () => new Promise(() => undefined) })
  const found = await failureOf(outbound, 'https://practice.example', { signal: AbortSignal.timeout(50) })
  expect(found).toBe('timed-out')
})

test('an exchange whose signal has ended is not begun', async () => {
  const server = await serve((_, response) => response.end())
  expect(await failureOf(openOutbound(), server.url, { signal: AbortSignal.abort() })).toBe('timed-out')
  expect(server.connections()).toBe(0)
})

test('a caller that gives up takes the connection with it', async () => {
  const server = await serve(() => undefined)
  const controller = new AbortController()
  const pending = failureOf(openOutbound(), server.url, { signal: controller.signal })
  await vi.waitFor(() => expect(server.open()).toBe(1))
  controller.abort()
  expect(await pending).toBe('timed-out')
  await vi.waitFor(() => expect(server.open()).toBe(0))
})

test('one address that does not answer is no reason not to try the next', async () => {
  const server = await serve((_, response) => response.end('{}'), { host: '127.0.0.2' })
  const outbound = openOutbound({ resolve: async () => ['127.0.0.1', '127.0.0.2'] })
  expect(await failureOf(outbound, `http://practice.example:${server.port}`)).toBe(200)
})

test('an error says nothing of the address, the query or the answer', async () => {
  const servers = [
    await serveRaw((socket) => socket.end('CANARY-ANSWER')),
    await serveRaw((socket) => socket.resetAndDestroy()),
    await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('CANARY-ANSWER'))
  ]
  for (const { url } of servers) {
    const target = `${url}/Patient/CANARY-9434765919?family=CANARY`
    const error = (await call(openOutbound(), target).catch((reason: unknown) => reason)) as Error
    expect(error).toMatchObject({ kind: 'upstreamUnavailable' })
    const everything = JSON.stringify([error, error.message, error.stack, error.cause])
    expect(everything).not.toMatch(/CANARY|127\.0\.0\.1:/)
  }
})

test('a header that would break the request is refused without being repeated', async () => {
  const server = await serve((_, response) => response.end())
  const error = (await call(openOutbound(), server.url, { headers: { 'x-id': 'a\r\nCANARY: 1' } }).catch(
    (reason: unknown) => reason
  )) as Error
  expect(error).toMatchObject({ message: 'The other end could not be reached (UND_ERR_INVALID_ARG)' })
  expect(server.connections()).toBe(0)
})
