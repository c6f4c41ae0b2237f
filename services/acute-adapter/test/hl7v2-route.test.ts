import type { Claims } from '@chesil/access-tokens'
import { OutcomeError } from '@chesil/fhir'
import { guardSenders } from '@chesil/message-intake'
import type { MessageToTake } from '@chesil/record-store'
import { createApp, createLogger } from '@chesil/service-kit'
import { describe, expect, test } from 'vitest'
import { hl7v2Route } from '../src/intake/hl7v2-route.ts'
import { createIntake } from '../src/intake/intake.ts'
import { createSenders } from '../src/intake/senders.ts'
import { catalogueOf, hospital, message } from './support.ts'

const claims: Claims = {
  iss: 'https://issuer.test',
  sub: 'hospital',
  aud: 'https://chesil.test',
  exp: 2,
  iat: 1,
  jti: 'token-1',
  scope: 'system/*.c',
  organisation: 'RCB'
}

function open(changes: { readonly claims?: Partial<Claims>; readonly isAway?: boolean } = {}) {
  const taken: MessageToTake[] = []
  let refused = 0
  const intake = createIntake({
    findSender: createSenders(
      catalogueOf(hospital(), hospital({ id: 'other', odsCode: 'RXX', senders: [{ facility: 'RXX' }] }))
    ),
    take: async (one) => {
      if (changes.isAway) throw new Error('away')
      taken.push(one)
      return { outcome: 'new', id: 'row', isControlIdReused: false }
    },
    newId: () => 'id',
    now: () => 0,
    onOutcome: () => undefined,
    onFlag: () => undefined
  })
  const verifyToken = async (token: string) => {
    if (token !== 'good') throw new OutcomeError('unauthenticated', 'The token is not valid')
    return { ...claims, ...changes.claims }
  }
  const app = createApp({ log: createLogger('test', 'silent') })
  app.register(async (guarded) => {
    guardSenders(guarded, {
      verifyToken,
      onRefused: () => {
        refused++
      }
    })
    guarded.register(hl7v2Route({ intake, maxMessageBytes: 10_000 }))
  })
  const post = (payload: string | Buffer, headers: Readonly<Record<string, string>> = {}) =>
    app.inject({
      method: 'POST',
      url: '/hl7v2',
      headers: { 'content-type': 'application/hl7-v2+er7', authorization: 'Bearer good', ...headers },
      payload
    })
  return { post, taken, refused: () => refused }
}

describe('POST /hl7v2', () => {
  test('takes a message, and answers with its acknowledgement', async () => {
    const { post, taken } = open()
    const answer = await post(message())
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/hl7-v2+er7'])
    expect(answer.body).toContain('\rMSA|AA|C1\r')
    expect(taken).toMatchObject([{ controlId: 'C1', sourceId: 'hospital-pas' }])
  })

  test.each([
    [400, 'AR', message({ control: '' }), {}],
    [400, 'AR', 'hello', {}],
    [500, 'AE', message(), { isAway: true }]
  ] as const)('answers %d with %s', async (status, code, text, changes) => {
    const answer = await open(changes).post(text)
    expect(answer.statusCode).toBe(status)
    expect(answer.body).toContain(`\rMSA|${code}`)
  })

  test.each([
    [204, ['NE', 'NE'], '', undefined],
    [200, ['AL', 'NE'], '', 'CA'],
    [200, ['AL', 'AL'], '', 'AA'],
    [400, ['NE', 'NE'], 'EBCDIC', undefined]
  ] as const)('answers %d where %j is asked for', async (status, modes, characterSet, code) => {
    const answer = await open().post(message({ modes, characterSet }))
    expect(answer.statusCode).toBe(status)
    expect(/\rMSA\|(\w\w)/.exec(answer.body)?.[1]).toBe(code)
  })

  test('believes the content type’s character set before that of MSH-18', async () => {
    const { post, taken } = open()
    const name = Buffer.from(message({ characterSet: 'UNICODE UTF-8' }).replace('ANNA', 'RENÉ'), 'latin1')
    await post(name, { 'content-type': 'application/hl7-v2+er7; charset=ISO-8859-1' })
    await post(name)
    expect(taken.map((one) => [one.characterSet, one.isCharacterSetGuessed])).toEqual([
      ['iso-8859-1', false],
      ['windows-1252', true]
    ])
  })

  test('takes from an organisation only what comes from its own systems', async () => {
    const { post, taken } = open()
    const answer = await post(message({ sender: 'PAS|RXX' }))
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain('The sender is not known here')
    expect(taken).toEqual([])
  })

  test('takes nothing larger than it may be', async () => {
    expect((await open().post('x'.repeat(10_001))).statusCode).toBe(413)
  })

  test('takes nothing of another kind', async () => {
    expect((await open().post('{}', { 'content-type': 'application/json' })).statusCode).toBe(415)
  })
})

describe('nobody sends', () => {
  test.each([
    ['without a token', 401, { authorization: '' }, {}],
    ['with a bad one', 401, { authorization: 'Bearer bad' }, {}],
    ['with a user’s scope', 403, {}, { scope: 'user/*.c' }],
    ['with the scope of reading', 403, {}, { scope: 'system/*.rs' }],
    ['without an organisation', 403, {}, { organisation: '' }]
  ])('%s', async (_how, status, headers, changed) => {
    const { post, taken, refused } = open({ claims: changed })
    expect((await post(message(), headers)).statusCode).toBe(status)
    expect(taken).toEqual([])
    expect(refused()).toBe(1)
  })

  test('but with the scope of this alone somebody does', async () => {
    expect((await open({ claims: { scope: 'system/MessageHeader.c' } }).post(message())).statusCode).toBe(200)
  })
})
