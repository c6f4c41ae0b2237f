import { expect, test } from 'vitest'
import {
  type Itk3Acknowledgement,
  itk3Acknowledgement,
  itk3BusinessResponse,
  itk3ToContributions
} from '../../src/index.ts'
import { many, one } from '../../src/json.ts'
import { context, letter, map, message, patient, read } from './message.ts'

const uuid = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`
const asked = (overrides: Partial<Itk3Acknowledgement> = {}): Itk3Acknowledgement => ({
  to: read(message()),
  code: '20013',
  at: '2026-11-22T12:00:00.000Z',
  ids: { bundle: uuid(1), header: uuid(2), sender: uuid(3), receiver: uuid(4), outcome: uuid(5) },
  from: { odsCode: 'X26', endpoint: 'CHESIL-MAILBOX' },
  ...overrides
})

function facts(xml: string) {
  const { entries, header } = read(xml)
  const outcome = entries.find(({ type }) => type === 'OperationOutcome')?.source
  const issue = one(outcome?.['issue'])
  const response = one(header?.['response'])
  return {
    response: response?.['code'],
    identifier: response?.['identifier'],
    severity: issue?.['severity'],
    issue: issue?.['code'],
    details: one(one(issue?.['details'])?.['coding'])?.['code']
  }
}

test.each([
  { code: '20013', response: 'ok', severity: 'information', issue: 'informational' },
  { code: '30001', response: 'ok', severity: 'information', issue: 'informational' },
  { code: '10009', response: 'fatal-error', severity: 'fatal', issue: 'processing' },
  { code: '20003', response: 'fatal-error', severity: 'fatal', issue: 'not-found' },
  { code: '30002', response: 'fatal-error', severity: 'fatal', issue: 'not-found' }
] as const)('$code is told as $response', ({ code, ...expected }) => {
  expect(facts(itk3Acknowledgement(asked({ code })))).toEqual({
    ...expected,
    identifier: 'header-1',
    details: code
  })
})

test('what may succeed later is a transient error', () => {
  expect(facts(itk3Acknowledgement(asked({ code: '10001', isTransient: true })))).toMatchObject({
    response: 'transient-error',
    severity: 'error',
    issue: 'transient'
  })
})

test('it is an ITK3 response message, from us to the sender, that asks for no answer', () => {
  const answer = read(itk3Acknowledgement(asked()))
  expect(answer).toMatchObject({
    kind: 'acknowledgement',
    event: 'ITK008M',
    sender: 'X26',
    recipient: 'RXX',
    replyTo: 'CHESIL-MAILBOX',
    messageId: `https://tools.ietf.org/html/rfc4122|${uuid(1)}`,
    acknowledge: { infrastructure: false, business: false }
  })
  expect(many(answer.bundle['entry']).map((entry) => entry['fullUrl'])).toEqual(
    [2, 3, 4, 5].map((digit) => `urn:uuid:${uuid(digit)}`)
  )
})

test('nothing of the sender’s words can break out of it', () => {
  const headerId = 'x"/><evil a=\'&\u0000'
  const xml = itk3Acknowledgement(asked({ to: { headerId } }))
  expect(facts(xml).identifier).toBe('x"/><evil a=\'&')
})

test('an unreadable message is answered too', () => {
  expect(facts(itk3Acknowledgement(asked({ to: {}, code: '10009' })))).toMatchObject({
    identifier: 'unknown'
  })
})

test('an acknowledgement that comes in is no record', () => {
  const answer = read(itk3Acknowledgement(asked()))
  expect(itk3ToContributions(answer, context)).toEqual({ outcome: 'refused', reason: 'not-a-record' })
})

test.each([
  { case: 'a mapped message', xml: letter(), code: '30001' },
  { case: 'a message about nobody', xml: letter({ patient: patient('') }), code: '30002' }
])('the business response to $case is $code', ({ xml, code }) => {
  expect(itk3BusinessResponse(map(xml))).toBe(code)
})
