import { afterEach, expect, test } from 'vitest'
import { createCertificate } from '../../source-clients/test/support/certificate.ts'
import { createMllpListener, createMllpSender, type MllpListener } from '../src/index.ts'

const ours = createCertificate('chesil.test')
const hospital = createCertificate('trust.hospital.test')
const stranger = createCertificate('a.stranger.test')

const listeners: MllpListener[] = []
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((one) => one.close(200)))
})

async function listen(clientAuthority?: string, isAllowed = true) {
  const refused: string[] = []
  const listener = await createMllpListener({
    host: '127.0.0.1',
    port: 0,
    tls: { certificate: ours.cert, key: ours.key, ...(clientAuthority !== undefined && { clientAuthority }) },
    mayConnect: () => isAllowed,
    handle: async (frame, { tlsAuthorised, certificateName = 'nobody' }) => [
      Buffer.concat([frame, Buffer.from(` ${tlsAuthorised} ${certificateName}`)])
    ],
    onRefused: (reason) => refused.push(reason)
  })
  listeners.push(listener)
  const say = async (client?: { cert: string; key: string }) => {
    const sender = await createMllpSender({
      host: '127.0.0.1',
      port: listener.port,
      timeoutMs: 3_000,
      tls: {
        authority: ours.cert,
        serverName: 'chesil.test',
        ...(client && { certificate: client.cert, key: client.key })
      }
    })
    return (await sender.send(Buffer.from('hello'))).toString()
  }
  return { say, refused, port: listener.port }
}

test('a frame and its reply travel over TLS', async () => {
  const { say } = await listen()
  expect(await say()).toBe('hello false nobody')
})

test('where certificates are asked for, a known one is let in, and says who it is', async () => {
  const { say } = await listen(hospital.cert)
  expect(await say(hospital)).toBe('hello true trust.hospital.test')
})

test('and an unknown one or none is not', async () => {
  const { say, refused } = await listen(hospital.cert)
  await expect(say(stranger)).rejects.toThrow()
  await expect(say()).rejects.toThrow()
  await expect.poll(() => refused).toEqual(['tls', 'tls'])
})

test('an address that may not connect gets no handshake', async () => {
  const { say, refused } = await listen(undefined, false)
  await expect(say()).rejects.toThrow()
  expect(refused).toContain('peer')
})

test('a sender that speaks no TLS gets no answer', async () => {
  const { port, refused } = await listen()
  const sender = await createMllpSender({ host: '127.0.0.1', port, timeoutMs: 3_000 })
  await expect(sender.send(Buffer.from('hello'))).rejects.toThrow('ended before the reply')
  await expect.poll(() => refused).toEqual(['tls'])
})
