import type { TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { createCertificate } from './support/certificate.ts'
import { call, failureOf, text } from './support/exchange.ts'
import { openOutbound, serve, serveRaw, serveTls } from './support/servers.ts'

const ours = createCertificate('chesil.example')
const theirs = createCertificate('practice.example')
const resolve = async () => ['127.0.0.1']
const servePractice = (certificate = theirs) =>
  serveTls(
    {
      cert: certificate.cert,
      key: certificate.key,
      ca: ours.cert,
      requestCert: true,
      rejectUnauthorized: false
    },
    (request, response) => {
      const socket = request.socket as TLSSocket
      response.end(
        [socket.servername, socket.authorized, socket.getProtocol(), request.httpVersion].join('|')
      )
    }
  )

test('over TLS, the connection goes to the address, and the name is still the name', async () => {
  const { port } = await servePractice()
  const answer = await call(openOutbound({ resolve, ca: theirs.cert }), `https://practice.example:${port}`)
  expect(text(answer)).toBe('practice.example|false|TLSv1.3|1.1')
})

test('we show our own certificate where we have one', async () => {
  const { port } = await servePractice()
  const outbound = openOutbound({ resolve, ca: theirs.cert, ...ours })
  expect(text(await call(outbound, `https://practice.example:${port}`))).toBe(
    'practice.example|true|TLSv1.3|1.1'
  )
})

test.each([
  ['a certificate of another name', 'other.example', theirs.cert, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['an authority we do not know', 'practice.example', ours.cert, 'DEPTH_ZERO_SELF_SIGNED_CERT']
])('%s is not talked to', async (_, host, ca, code) => {
  const { port } = await servePractice()
  const error = await call(openOutbound({ resolve, ca }), `https://${host}:${port}`).catch(
    (reason: unknown) => reason
  )
  expect(error).toMatchObject({ message: `The other end could not be reached (${code})` })
})

test('the certificate of an address has to be for that address', async () => {
  const { port } = await servePractice()
  expect(await failureOf(openOutbound({ ca: theirs.cert }), `https://127.0.0.1:${port}`)).toBe('unreachable')
})

test('a server that speaks plain http is not talked to', async () => {
  const { port } = await serve((_, response) => response.end('{}'))
  expect(
    await failureOf(openOutbound({ resolve, ca: theirs.cert }), `https://practice.example:${port}`)
  ).toBe('unreachable')
})

test('a handshake that hangs ends with the time for connecting', async () => {
  const { port } = await serveRaw(() => undefined)
  const outbound = openOutbound({ resolve, connectTimeoutMs: 100 })
  const startedAt = performance.now()
  expect(await failureOf(outbound, `https://practice.example:${port}`)).toBe('timed-out')
  expect(performance.now() - startedAt).toBeLessThan(2_500)
})
