import { gunzipSync } from 'node:zlib'
import { readAdwMessage } from '@chesil/mappers'
import { expect, test } from 'vitest'
import { councilCode, noticeId, noticeXml } from '../../../tests/support/notices.ts'
import { openService } from './support.ts'

async function withNotice(...parts: readonly Parameters<typeof noticeXml>[0][]) {
  const service = openService()
  const ids: string[] = []
  for (const part of parts.length > 0 ? parts : [{}])
    ids.push((await service.notice(noticeXml(part))).json().id)
  return { ...service, ids }
}

test.each([
  { answer: 'accept', code: '975711000000108', name: 'A council' },
  { answer: 'reject', code: '975721000000102', reason: 'Not of our area' }
])('a council answers a notice: $answer', async ({ code, ...decision }) => {
  const { answer, taken, outcomes, ids } = await withNotice()
  const given = await answer({ noticeId: ids[0], ...decision })
  expect(given.statusCode).toBe(200)
  expect(given.headers['content-type']).toBe('application/fhir+xml; charset=utf-8')
  expect(readAdwMessage(given.body)).toMatchObject({
    eventCode: code,
    sender: councilCode,
    recipient: 'RXX',
    sentAt: '2025-11-22T12:00:00.000Z',
    response: { identifier: noticeId, code: 'ok' }
  })
  expect(given.body.includes('<name value="A council"/>')).toBe('name' in decision)
  expect(given.body.includes('Not of our area')).toBe('reason' in decision)
  expect(gunzipSync(taken[1]?.body ?? Buffer.of()).toString('utf8')).toBe(given.body)
  expect(outcomes).toEqual(['hospital-notices new', 'hospital-notices new'])
})

test('a council knows the notice by the id of its header, as it was sent it', async () => {
  const { answer } = await withNotice()
  expect((await answer({ noticeId, answer: 'accept' })).statusCode).toBe(200)
})

test('a withdrawal is answered, too', async () => {
  const { answer } = await withNotice({ event: 'withdrawal', id: 'w-1' })
  expect((await answer({ noticeId: 'w-1', answer: 'accept' })).body).toContain('1025651000000109')
})

test('what else has the same number and asks for nothing is no obstacle', async () => {
  const { answer } = await withNotice({ event: 'admission' }, {})
  expect((await answer({ noticeId, answer: 'accept' })).statusCode).toBe(200)
})

test('of two notices with one number each is named by its own id', async () => {
  const { answer, ids } = await withNotice({}, { event: 'discharge' })
  expect((await answer({ noticeId, answer: 'accept' })).statusCode).toBe(409)
  const given = await answer({ noticeId: ids[1], answer: 'accept' })
  expect([given.statusCode, given.body.includes('975821000000109')]).toEqual([200, true])
})

test('of a number that many others have, too, none is guessed', async () => {
  const others = Array.from({ length: 20 }, (_, n) => ({ to: 'E11', bundleId: `b${n}` }))
  const { answer } = await withNotice({}, ...others)
  expect((await answer({ noticeId, answer: 'accept' })).statusCode).toBe(409)
})

test.each<[string, object, string, number, Parameters<typeof noticeXml>[0]]>([
  ['a notice that nobody received', { noticeId: 'other' }, councilCode, 404, {}],
  ['another council’s notice', {}, 'E11', 403, {}],
  ['the hospital that sent it', {}, 'RXX', 403, {}],
  ['what asks for nothing', {}, councilCode, 422, { event: 'admission' }],
  ['a notice without a number of the request', {}, councilCode, 422, { request: '' }],
  ['what can be no id', { noticeId: 'a\nb' }, councilCode, 400, {}],
  ['no decision', { answer: 'perhaps' }, councilCode, 400, {}],
  ['more than is understood', { nhsNumber: '9449305552' }, councilCode, 400, {}],
  ['a reason that is none', { reason: 7 }, councilCode, 400, {}]
])('%s: nothing is answered, and nothing kept', async (_, changes, token, status, parts) => {
  const { answer, taken, outcomes } = await withNotice(parts)
  const given = await answer({ noticeId, answer: 'accept', ...changes }, token)
  expect(given.statusCode).toBe(status)
  expect(given.json()).toMatchObject({ resourceType: 'OperationOutcome' })
  expect(given.body).not.toMatch(/Marsh|A123|9449305552/)
  expect(taken).toHaveLength(1)
  if (status !== 400) expect(outcomes.at(-1)).toMatch(/^(unknown|hospital-notices) unanswered$/)
})

test('a form is no notice, though it is kept under such an id', async () => {
  const { answer, taken, form } = openService()
  await form(
    JSON.stringify({
      resourceType: 'QuestionnaireResponse',
      item: [{ linkId: '1', text: 'Alert', answer: [{ valueString: 'x' }] }]
    })
  )
  expect(taken).toHaveLength(1)
  expect((await answer({ noticeId: taken[0]?.id, answer: 'accept' })).statusCode).toBe(404)
})

test('without the database it may be tried again', async () => {
  const { answer, state } = await withNotice()
  state.isUp = false
  const given = await answer({ noticeId, answer: 'accept' })
  expect([given.statusCode, given.body.includes('secret')]).toEqual([503, false])
})

test('words that XML cannot hold do no harm', async () => {
  const { answer } = await withNotice()
  const given = await answer({ noticeId, answer: 'reject', reason: 'a\u0000"<x/>&\uD800 b' })
  expect(given.statusCode).toBe(200)
  expect(readAdwMessage(given.body)).toBeDefined()
})
