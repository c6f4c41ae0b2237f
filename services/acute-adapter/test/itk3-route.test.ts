import { gunzipSync } from 'node:zlib'
import type { Claims } from '@chesil/access-tokens'
import type { Itk3Sender } from '@chesil/contracts'
import { readItk3Message } from '@chesil/mappers'
import { guardSenders } from '@chesil/message-intake'
import { createApp, createLogger } from '@chesil/service-kit'
import { expect, test } from 'vitest'
import { itk3Route } from '../src/itk3/route.ts'
import { openIntake, type Sent, sent, trust } from './itk3-support.ts'

const claims: Claims = {
  iss: 'https://issuer.example',
  sub: 'trust',
  aud: 'chesil',
  exp: 0,
  iat: 0,
  jti: '1',
  scope: 'system/MessageHeader.c',
  organisation: 'RXX'
}

function openRoute(...sources: readonly Itk3Sender[]) {
  const door = openIntake(...sources)
  const app = createApp({ log: createLogger('test', 'silent') })
  app.register(async (guarded) => {
    guardSenders(guarded, {
      verifyToken: async (token) => ({ ...claims, ...(token !== 'trust' && { organisation: token }) }),
      onRefused: () => {}
    })
    guarded.register(itk3Route({ intake: door.intake, maxMessageBytes: 10_000 }))
  })
  const post = (payload: Buffer, { token = 'trust', type = 'application/fhir+xml; charset=utf-8' } = {}) =>
    app.inject({
      method: 'POST',
      url: '/itk3',
      headers: { 'content-type': type, ...(token !== '' && { authorization: `Bearer ${token}` }) },
      payload
    })
  return { ...door, post }
}

test('a message is kept byte for byte before it is answered, with the acknowledgement in the answer', async () => {
  const { post, taken, outcomes } = openRoute()
  const answer = await post(sent())
  expect(answer.statusCode).toBe(202)
  expect(answer.headers['content-type']).toBe('application/fhir+xml; charset=utf-8')
  expect(answer.body).toContain('<code value="20013"/>')
  expect(readItk3Message(answer.body)).toMatchObject({
    kind: 'acknowledgement',
    sender: 'X26',
    recipient: 'RXX'
  })
  expect(taken).toMatchObject([
    {
      sourceId: 'trust-letters',
      interface: 'itk3',
      event: 'ITK007C',
      controlId: 'https://trust.example/message|m-1'
    }
  ])
  expect(gunzipSync(taken[0]?.body ?? new Uint8Array())).toEqual(sent())
  expect(outcomes).toEqual([['trust-letters', 'new']])
})

test('a sender that wants no answer gets none', async () => {
  const answer = await openRoute().post(sent({ wantsAnswer: false }))
  expect([answer.statusCode, answer.body]).toEqual([202, ''])
})

test('the same message again is acknowledged, and taken once', async () => {
  const { post, taken } = openRoute()
  await post(sent())
  const again = await post(sent())
  expect(again.statusCode).toBe(202)
  expect(again.body).toContain('<code value="20013"/>')
  expect(taken).toHaveLength(1)
})

test('another message under the same number is kept too, and flagged', async () => {
  const { post, taken, flags } = openRoute()
  await post(sent())
  await post(sent({ title: 'Another' }))
  expect(taken).toHaveLength(2)
  expect(flags).toEqual(['control-id-reused'])
})

test('an acknowledgement is answered by nothing, and kept nowhere', async () => {
  const { post, taken, outcomes } = openRoute()
  expect((await post(sent({ event: 'ITK008M' }))).body).toBe('')
  expect(taken).toEqual([])
  expect(outcomes).toEqual([['trust-letters', 'ignored']])
})

test.each([
  { case: 'no token', status: 401, options: { token: '' } },
  { case: 'another organisation’s token', status: 403, options: { token: 'RYY' } },
  { case: 'JSON', status: 415, options: { type: 'application/fhir+json' } },
  { case: 'what is no message', status: 400, body: Buffer.from('<a/>') },
  {
    case: 'what is not UTF-8',
    status: 400,
    body: Buffer.from(sent({ title: 'é' }).toString('utf8'), 'latin1')
  },
  {
    case: 'what says that it is not UTF-8',
    status: 400,
    body: Buffer.concat([Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?>'), sent()])
  },
  { case: 'a document type', status: 400, body: Buffer.concat([Buffer.from('<!DOCTYPE x>'), sent()]) },
  { case: 'a sender that is not in the catalogue', status: 403, body: sent({ sender: 'RZZ' }) },
  { case: 'more than a message may be', status: 413, body: sent({ title: 'x'.repeat(10_000) }) }
])('$case is answered with $status, and nothing is kept', async ({ status, body = sent(), options = {} }) => {
  const { post, taken } = openRoute()
  const answer = await post(body, options)
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ resourceType: 'OperationOutcome' })
  expect(taken).toEqual([])
})

test('a source that is not live is not known', async () => {
  expect((await openRoute(trust({ releaseStage: 'retired' })).post(sent())).statusCode).toBe(403)
})

test('what cannot be kept just now may be sent again', async () => {
  const { post, store } = openRoute()
  store.isUp = false
  expect((await post(sent())).statusCode).toBe(503)
  store.isUp = true
  expect((await post(sent())).statusCode).toBe(202)
})

const clinic = (code: string): string =>
  `<entry><resource><Encounter><type><coding><system value="https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-TreatmentFunctionCode-1"/><code value="${code}"/></coding></type></Encounter></resource></entry>`
const place = '<entry><resource><Location><name value="Blue Clinic"/></Location></resource></entry>'

test.each<{ case: string; refuse?: Partial<Itk3Sender>; message: Sent; isDenied: boolean }>([
  {
    case: 'a type of document',
    refuse: { refuse: { documentTypes: ['824331000000106'] } },
    message: { type: '824331000000106' },
    isDenied: true
  },
  {
    case: 'another type of document',
    refuse: { refuse: { documentTypes: ['824331000000106'] } },
    message: {},
    isDenied: false
  },
  {
    case: 'a place, whatever its capitals',
    refuse: { refuse: { locations: ['blue clinic'] } },
    message: { extra: place },
    isDenied: true
  },
  {
    case: 'genitourinary medicine, unless the source says otherwise',
    message: { extra: clinic('360') },
    isDenied: true
  },
  {
    case: 'a specialty in words, whatever its code',
    message: {
      extra:
        '<entry><resource><PractitionerRole><specialty><coding><system value="http://snomed.info/sct"/><code value="1"/><display value="Fertility medicine"/></coding></specialty></PractitionerRole></resource></entry>'
    },
    isDenied: true
  },
  { case: 'another treatment function', message: { extra: clinic('320') }, isDenied: false },
  {
    case: 'none that the source shares',
    refuse: { refuse: { treatmentFunctions: [] } },
    message: { extra: clinic('360') },
    isDenied: false
  }
])(
  'what a source does not share is acknowledged and not kept: $case',
  async ({ refuse, message, isDenied }) => {
    const { post, taken } = openRoute(trust(refuse))
    expect((await post(sent(message))).statusCode).toBe(202)
    expect(taken.map(({ body }) => body === undefined)).toEqual([isDenied])
  }
)
