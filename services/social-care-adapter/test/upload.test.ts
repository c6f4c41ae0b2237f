import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Claims } from '@chesil/access-tokens'
import type { CldSender } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import { createLogger } from '@chesil/service-kit'
import { afterEach, expect, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import type { CldReport } from '../src/cld/answer.ts'
import type { FileIntake } from '../src/cld/file-intake.ts'

/** A council's upload over a real connection. */

const council: CldSender = {
  id: 'dorset-cld',
  kind: 'cld',
  odsCode: '10A',
  name: 'Dorset Council',
  releaseStage: 'live',
  retention: 'store',
  agreement: 'test',
  laCode: '810'
}
const claims: Claims = { iss: 'i', sub: 's', aud: 'a', exp: 0, iat: 0, jti: '1' }
const report: CldReport = {
  period: { start: '2025-04-01', end: '2025-06-30' },
  rows: { read: 1, applied: 1, unchanged: 0, superseded: 0, repeated: 0, rejected: 0 },
  persons: 1,
  notNamedAnyMore: 0,
  rejected: [],
  notMapped: [],
  doubted: []
}
const unused = async (): Promise<never> => {
  throw new Error('Not part of this test')
}

const open: { close: () => Promise<unknown> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

async function listen(takeFile: FileIntake) {
  const app = buildApp({
    log: createLogger('test', 'silent'),
    verifyToken: async () => ({
      ...claims,
      scope: 'system/MessageHeader.c',
      organisation: council.odsCode
    }),
    councils: new Map([[council.odsCode, council]]),
    takeFile,
    findSubmission: unused,
    uploadMs: 20_000,
    takeAdw: unused,
    answerNotice: unused,
    takePrsb: unused,
    maxMessageBytes: 1_000,
    trustedProxies: [],
    onRefused: () => {}
  })
  open.push(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return app
}

/** Sends all of a file before it reads a word, as most clients do. @returns the first line of the answer. */
async function upload(port: number, pieces: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  const piece = Buffer.alloc(1_048_576, 'x')
  socket.setMaxListeners(0)
  const write = (bytes: string | Buffer) =>
    new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  await write(
    `POST /cld HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-type: text/csv\r\ncontent-length: ${pieces * piece.length}\r\n\r\n`
  )
  for (let n = 0; n < pieces; n++) await write(piece)
  const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
  socket.resume()
  const [line = ''] = (await answer).split('\r\n')
  socket.destroy()
  return line
}

test('who sends all of a file before reading is told that it was refused at its beginning', async () => {
  const app = await listen(async (bytes) => {
    for (const read = bytes[Symbol.asyncIterator](); ; ) {
      await read.next()
      throw new OutcomeError('invalid', 'The header is another')
    }
  })
  const { port } = app.server.address() as AddressInfo
  expect(await upload(port, 64)).toBe('HTTP/1.1 400 Bad Request')
}, 15_000)

test('who has sent all of it may wait longer for the answer than a silent connection lives', async () => {
  const app = await listen(async (bytes) => {
    for await (const _ of bytes);
    await sleep(1_500)
    return { outcome: 'again', report }
  })
  app.server.timeout = 300
  const { port } = app.server.address() as AddressInfo
  expect(await upload(port, 1)).toBe('HTTP/1.1 200 OK')
}, 15_000)
