import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { councilCode, hospitalCode, noticeXml } from '../../../tests/support/notices.ts'
import { hospital, openService } from './support.ts'

test('a notice is kept byte for byte before it is answered, with the id under which it is kept', async () => {
  const { notice, taken, outcomes } = openService()
  const answer = await notice(noticeXml())
  expect(answer.statusCode).toBe(202)
  expect(taken).toMatchObject([
    { sourceId: 'hospital-notices', interface: 'social-care-adw', event: 'request assessment' }
  ])
  expect(answer.json()).toEqual({ id: taken[0]?.id })
  expect(gunzipSync(taken[0]?.body ?? Buffer.of()).toString('utf8')).toBe(noticeXml())
  expect(outcomes).toEqual(['hospital-notices new'])
})

test('the same notice again is accepted under the same id, and taken once', async () => {
  const { notice, taken, outcomes } = openService()
  const answers = [await notice(noticeXml()), await notice(noticeXml())]
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202])
  expect(new Set(answers.map((answer) => answer.json().id)).size).toBe(1)
  expect(taken).toHaveLength(1)
  expect(outcomes).toEqual(['hospital-notices new', 'hospital-notices again'])
})

test('another message with the same ids is kept, too', async () => {
  const { notice, taken } = openService()
  await notice(noticeXml())
  await notice(noticeXml({ event: 'admission' }))
  expect(taken.map(({ event }) => event)).toEqual(['request assessment', 'admission'])
})

test.each<[string, Parameters<typeof noticeXml>[0], string]>([
  ['a site by itself', { from: 'RXX01' }, 'RXX01'],
  ['the hospital for its site', { from: 'RXX01' }, hospitalCode],
  ['the council that answers', { event: 'assessment-accepted' }, councilCode],
  ['a site for the hospital', {}, 'RXX01'],
  ['a hospital, of what we do not know', { event: 'unknown' }, hospitalCode],
  ['a council, of what we do not know', { event: 'unknown', from: councilCode, to: 'RXX01' }, councilCode]
])('notice and answer are of the hospital’s source: %s', async (_, parts, token) => {
  const { notice, outcomes } = openService()
  expect((await notice(noticeXml(parts), { token })).statusCode).toBe(202)
  expect(outcomes).toEqual(['hospital-notices new'])
})

test.each<[string, Parameters<typeof noticeXml>[0], string]>([
  ['a council, of a notice that it was sent', {}, councilCode],
  ['somebody whom the message does not name', {}, 'RYY'],
  ['a hospital that is not in the catalogue', { from: 'RYY' }, 'RYY'],
  [
    'a council that answers a hospital which is not',
    { event: 'assessment-accepted', to: 'RYY' },
    councilCode
  ],
  ['a hospital for the council that answers it', { event: 'assessment-accepted' }, hospitalCode],
  ['another council', { event: 'assessment-accepted' }, 'E11'],
  ['a council that the hospital’s entry does not name', { event: 'assessment-accepted', from: 'E11' }, 'E11'],
  [
    'one that it does not name, of what we do not know',
    { event: 'unknown', from: 'E11', to: 'RXX01' },
    'E11'
  ],
  ['a hospital that answers itself', { event: 'assessment-accepted', from: 'RXX01' }, hospitalCode],
  ['a message without a sender', { event: 'assessment-accepted', from: '' }, hospitalCode]
])('nobody speaks for another: %s', async (_, parts, token) => {
  const { notice, taken, outcomes } = openService()
  expect((await notice(noticeXml(parts), { token })).statusCode).toBe(403)
  expect(taken).toEqual([])
  expect(outcomes[0]).toMatch(/unknownSender$/)
})

test.each([
  { case: 'no token', status: 401, options: { token: '' } },
  { case: 'JSON', status: 415, options: { type: 'application/fhir+json' } },
  { case: 'what is no message', status: 400, body: '<a/>' },
  { case: 'a Bundle of another kind', status: 400, body: '<Bundle xmlns="http://hl7.org/fhir"/>' },
  { case: 'nothing', status: 400, body: '' },
  { case: 'what is not UTF-8', status: 400, body: Buffer.from(noticeXml({ family: 'é' }), 'latin1') },
  {
    case: 'what says that it is not UTF-8',
    status: 400,
    body: noticeXml().replace('UTF-8', 'ISO-8859-1')
  },
  { case: 'a notice to nobody', status: 400, body: noticeXml({ to: '' }) },
  { case: 'a document type', status: 400, body: noticeXml().replace('?>', '?><!DOCTYPE x>') },
  { case: 'XML too deep', status: 400, body: '<a>'.repeat(10_000) },
  { case: 'more than a message may be', status: 413, body: noticeXml({ family: 'x'.repeat(100_000) }) }
])('$case is answered with $status, and nothing is kept', async ({ status, body, options = {} }) => {
  const { notice, taken } = openService()
  const answer = await notice(body ?? noticeXml(), options)
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ resourceType: 'OperationOutcome' })
  expect(taken).toEqual([])
})

test('no answer repeats a word of the message', async () => {
  const { notice } = openService()
  const answers = [
    await notice(noticeXml({ from: 'RYY' })),
    await notice(`${noticeXml()}<`),
    await notice(noticeXml(), { token: 'RYY' })
  ]
  for (const { body } of answers) expect(body).not.toMatch(/Marsh|A123|9449305552|RYY/)
})

test('a source that is not live is not known', async () => {
  const { notice } = openService(hospital({ releaseStage: 'retired' }))
  expect((await notice(noticeXml())).statusCode).toBe(403)
})

test('what cannot be kept just now may be sent again', async () => {
  const { notice, state, outcomes } = openService()
  state.isUp = false
  const refused = await notice(noticeXml())
  expect([refused.statusCode, refused.body.includes('secret')]).toEqual([503, false])
  state.isUp = true
  expect((await notice(noticeXml())).statusCode).toBe(202)
  expect(outcomes).toEqual(['hospital-notices unavailable', 'hospital-notices new'])
})
