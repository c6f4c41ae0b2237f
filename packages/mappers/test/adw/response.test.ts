import { describe, expect, test } from 'vitest'
import { findRequestNumber, findStayNumber } from '../../src/adw/numbers.ts'
import { type AdwAnswer, adwResponse } from '../../src/adw/response.ts'
import {
  after,
  codes,
  entry,
  identifier,
  local,
  map,
  type Notice,
  names,
  nhs,
  notice,
  patient,
  read,
  tell,
  to
} from './message.ts'

const council = { odsCode: 'E0001', name: 'A council' }

function answerTo(overrides: Notice = {}, answer: Partial<AdwAnswer> = {}): string {
  let made = 0
  const newId = () => `00000000-0000-4000-8000-0000000000${String(++made).padStart(2, '0')}`
  const at = '2026-03-05T09:00:00.000Z'
  return adwResponse({
    notice: read(notice(overrides)),
    answer: 'accept',
    from: council,
    at,
    newId,
    ...answer
  })
}

describe('an answer is read again as one, tied to its notice', () => {
  test.each([
    ['assessment', codes.assessment, 'accept', codes.assessmentAccept, 'accepted'],
    ['assessment', codes.assessment, 'reject', codes.assessmentReject, 'rejected'],
    ['discharge', codes.discharge, 'accept', codes.dischargeAccept, 'accepted'],
    ['discharge', codes.discharge, 'reject', codes.dischargeReject, 'rejected'],
    ['withdrawal', codes.withdrawal, 'accept', codes.withdrawalAccept, 'cancelled'],
    ['withdrawal', codes.withdrawal, 'reject', codes.withdrawalReject, 'cancelled'],
    [
      'withdrawal of the assessment',
      codes.withdrawalOfAssessment,
      'accept',
      codes.withdrawalAccept,
      'cancelled'
    ],
    [
      'withdrawal of the discharge',
      codes.withdrawalOfDischarge,
      'reject',
      codes.withdrawalReject,
      'cancelled'
    ]
  ] as const)('%s %s %s', (_, event, answer, eventCode, status) => {
    const message = read(answerTo({ event, header: 'header-9' }, { answer, reason: 'Because' }))
    expect(message).toMatchObject({
      eventCode,
      sentAt: '2026-03-05T09:00:00.000Z',
      sender: 'E0001',
      recipient: 'RXX01',
      response: { identifier: 'header-9', code: 'ok' }
    })
    expect(message.referral?.source['status']).toBe(status)
    const asked = read(notice())
    expect(findRequestNumber(message)).toEqual(findRequestNumber(asked))
    expect(findStayNumber(message)).toEqual(findStayNumber(asked))
  })
})

test('it is about the person whom the notice is about, and lands in the same request', () => {
  const asked = notice()
  const answer = answerTo({}, { answer: 'reject', reason: 'Lives "elsewhere" & <moved>' })
  expect(tell(answer).subject).toEqual(tell(asked).subject)
  expect(after([answer, asked])[names.assessment]).toMatchObject({
    status: 'rejected',
    statusReason: { coding: [{ code: 'OFT' }], text: 'Lives "elsewhere" & <moved>' },
    owner: { identifier: { value: 'E0001' }, display: 'A council' },
    requester: { display: 'Leticia Gulliver, Discharge co-ordinator, A hospital' }
  })
})

test('it names no number that another hospital gave the person', () => {
  const other = identifier(
    'https://fhir.nhs.uk/Id/local-patient-identifier',
    'Z9',
    `<assigner>${to('other')}</assigner>`
  )
  const elsewhere = entry(
    'Organization',
    'other',
    identifier('https://fhir.nhs.uk/Id/ods-site-code', 'RYY02')
  )
  const xml = answerTo({ patient: patient(nhs + local + other), entries: [elsewhere] })
  expect(xml).not.toContain('Z9')
  expect(tell(xml).subject.local.value).toBe('A123')
})

test('it gives away no address and no contact', () => {
  const person = patient().replace(
    '</Patient>',
    '<address><line value="1 Little Street"/></address></Patient>'
  )
  expect(answerTo({ patient: person })).not.toContain('Little Street')
})

test('every part of it has an id of its own, and every reference leads to one', () => {
  const xml = answerTo()
  const ids = [...xml.matchAll(/<fullUrl value="([^"]*)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(7)
  const named = [...xml.matchAll(/<reference value="([^"]*)"/g)].map(([, id]) => id)
  expect(named.filter((id) => !ids.includes(id))).toEqual([])
})

const why = 'Only a notice that asks for something or withdraws it is answered'
test.each([
  { case: 'an answer', overrides: { event: codes.assessmentAccept }, message: why },
  { case: 'an answer to a withdrawal', overrides: { event: codes.withdrawalReject }, message: why },
  { case: 'an admission notice', overrides: { event: codes.admission }, message: why },
  { case: 'what we do not know', overrides: { event: '1' }, message: why },
  {
    case: 'a notice without a number',
    overrides: { request: '' },
    message: /does not say what an answer has to name/
  },
  {
    case: 'a notice about two people',
    overrides: { patient: patient() + patient('', 'p2') },
    message: /does not say/
  }
])('$case is not answered', ({ overrides, message }) => {
  expect(() => answerTo(overrides)).toThrow(
    expect.objectContaining({ kind: 'invalid', message: expect.stringMatching(message) })
  )
})

test('our own answer is not answered either', () => {
  expect(() => answerTo({}, { notice: read(answerTo()) })).toThrow(why)
  expect(map(answerTo()).outcome).toBe('mapped')
})
