import { createValidator } from '@chesil/fhir-validator'
import { describe, expect, test } from 'vitest'
import { plannedDischarge } from '../../src/adw/encounter.ts'
import {
  after,
  codes,
  entry,
  identifier,
  map,
  type Notice,
  names,
  notice,
  ordersOf,
  tell
} from './message.ts'

const validator = createValidator({ prepare: ['Task', 'Encounter'] })
const on = (day: number, overrides: Notice = {}): string =>
  notice({ at: `2026-03-0${day}T10:00:00+00:00`, header: `header-${day}`, ...overrides })
const ends = (date: string): string => `<start value="2026-02-20"/><end value="${date}"/>`

const asked = on(1, { period: ends('2026-03-20') })
const accepted = on(2, {
  event: codes.assessmentAccept,
  recipient: 'team',
  reason: 'A social worker will come'
})
const planned = on(3, { event: codes.discharge, period: ends('2026-03-10') })
const rejected = on(4, { event: codes.dischargeReject, reason: 'The assessment is not finished' })
const withdrawn = on(5, { event: codes.withdrawal, reason: 'Condition has deteriorated', period: '' })

/** Statuses and the planned day after these messages; the same in whatever order they arrive. */
function standingAfter(...messages: readonly string[]) {
  const expected = after(messages)
  for (const order of ordersOf(messages)) expect(after([...order, messages[0] ?? ''])).toEqual(expected)
  const items = Object.values(expected).flatMap((item) => item ?? [])
  expect(items.flatMap((item) => validator.validate(item as never))).toEqual([])
  const { assessment, discharge, stay } = names
  const extension: { url: string; valueDateTime: string }[] = expected[stay]?.['extension'] ?? []
  return {
    assessment: expected[assessment]?.['status'],
    discharge: expected[discharge]?.['status'],
    planned: extension.find(({ url }) => url === plannedDischarge)?.valueDateTime
  }
}

interface Case {
  readonly case: string
  readonly messages: readonly string[]
  readonly assessment: string
  readonly discharge?: string
  readonly planned?: string | undefined
}

describe('the notices of one stay come to one state in whatever order they arrive, and however often', () => {
  test.each<Case>([
    { case: 'asked', messages: [asked], assessment: 'requested', planned: '2026-03-20' },
    {
      case: 'asked and accepted',
      messages: [asked, accepted],
      assessment: 'accepted',
      planned: '2026-03-20'
    },
    {
      case: 'discharge planned for another day',
      messages: [asked, accepted, planned],
      ...{ assessment: 'accepted', discharge: 'requested', planned: '2026-03-10' }
    },
    {
      case: 'the council does not agree: the hospital plans it all the same',
      messages: [asked, accepted, planned, rejected],
      ...{ assessment: 'accepted', discharge: 'rejected', planned: '2026-03-10' }
    },
    {
      case: 'all withdrawn',
      messages: [asked, accepted, planned, rejected, withdrawn],
      ...{ assessment: 'cancelled', discharge: 'cancelled', planned: undefined }
    },
    {
      case: 'the assessment alone withdrawn',
      messages: [asked, planned, on(5, { event: codes.withdrawalOfAssessment })],
      ...{ assessment: 'cancelled', discharge: 'requested', planned: '2026-03-10' }
    },
    {
      case: 'the discharge alone withdrawn',
      messages: [asked, planned, on(5, { event: codes.withdrawalOfDischarge })],
      ...{ assessment: 'requested', discharge: 'cancelled', planned: undefined }
    },
    {
      case: 'asked again after a withdrawal',
      messages: [asked, withdrawn, on(6, { period: ends('2026-04-01') })],
      ...{ assessment: 'requested', discharge: 'cancelled', planned: '2026-04-01' }
    },
    {
      case: 'an answer that crossed the withdrawal',
      messages: [asked, withdrawn, on(6, { event: codes.assessmentAccept })],
      ...{ assessment: 'cancelled', discharge: 'cancelled' }
    },
    {
      case: 'an answer to the withdrawal',
      messages: [asked, withdrawn, on(6, { event: codes.withdrawalReject, reason: 'Already assessed' })],
      ...{ assessment: 'cancelled', discharge: 'cancelled' }
    },
    { case: 'an answer alone', messages: [accepted], assessment: 'accepted' },
    { case: 'a withdrawal alone', messages: [withdrawn], assessment: 'cancelled', discharge: 'cancelled' }
  ])('$case', ({ messages, assessment, discharge, planned: day }) => {
    expect(standingAfter(...messages)).toEqual({ assessment, discharge, planned: day })
  })
})

test('a withdrawal that comes before its request says who withdrew what, and that no request was received', () => {
  expect(after([withdrawn])[names.assessment]).toMatchObject({
    status: 'cancelled',
    businessStatus: { text: 'Withdrawn by the hospital' },
    statusReason: { text: 'Condition has deteriorated' },
    description: 'The request itself was not received.',
    requester: { display: 'Leticia Gulliver, Discharge co-ordinator, A hospital' },
    owner: { display: 'A council' }
  })
})

test('once the request has come it says what was asked, and who asked stays who asked', () => {
  const other = withdrawn.replace('value="Gulliver"', 'value="Other"')
  const task = after([other, asked])[names.assessment]
  expect(task).toMatchObject({
    status: 'cancelled',
    requester: { display: expect.stringContaining('Gulliver') }
  })
  expect(task?.['description']).toBe(
    'On 1 March 2026 the hospital asked the council to assess what care and support the person needs. Discharge was then planned for 20 March 2026.'
  )
})

test('a council that rejects a withdrawal changes nothing; its words are a note, gone with the next request', () => {
  const answer = on(6, { event: codes.withdrawalReject, reason: 'Already assessed' })
  expect(after([asked, withdrawn, answer])[names.assessment]).toMatchObject({
    statusReason: { text: 'Condition has deteriorated' },
    note: [
      {
        text: 'The council did not accept the withdrawal: Already assessed',
        time: '2026-03-06T10:00:00+00:00'
      }
    ]
  })
  expect(after([asked, withdrawn, answer, on(7)])[names.assessment]).not.toHaveProperty('note')
})

test('what a new request does not say, the earlier one has not left behind', () => {
  const description = '<reason><text value="Fall"/></reason><description value="Lives alone"/>'
  const first = on(1, { description, period: ends('2026-03-20') })
  expect(after([first])[names.assessment]).toMatchObject({
    reasonCode: { text: 'Fall' },
    note: [{ text: 'Lives alone' }]
  })
  const task = after([first, on(2)])[names.assessment]
  for (const name of ['reasonCode', 'note', 'restriction', 'statusReason'])
    expect(task).not.toHaveProperty(name)
  expect(task?.['description']).toMatch(/No discharge date was given\.$/)
})

test('requests and stay name each other; a request about discharge is worked on the stay', () => {
  const items = after([asked, planned])
  const stay = { reference: `Encounter/${items[names.stay]?.['id']}` }
  const groupIdentifier = { system: 'https://tools.ietf.org/html/rfc4122' }
  expect(items[names.assessment]).toMatchObject({ encounter: stay, groupIdentifier })
  expect(items[names.assessment]).not.toHaveProperty('focus')
  expect(items[names.discharge]).toMatchObject({ encounter: stay, focus: stay, groupIdentifier })
})

test.each(['in-progress', 'finished', 'onleave'])(
  'whatever the status (%s), the end of the period is a plan and never a discharge',
  (status) => {
    const stay = after([on(1, { event: codes.discharge, status, period: ends('2026-03-10') })])[names.stay]
    expect(stay).toMatchObject({ status, period: { start: '2026-02-20' } })
    expect(stay?.['period']).not.toHaveProperty('end')
    expect(stay?.['extension']).toEqual([{ url: plannedDischarge, valueDateTime: '2026-03-10' }])
  }
)

test('an admission that is planned has not happened either', () => {
  const stay = after([on(1, { status: 'planned', period: ends('2026-03-10') })])[names.stay]
  expect(stay).toMatchObject({ status: 'planned' })
  expect(stay).not.toHaveProperty('period')
  expect(stay?.['extension']).toContainEqual(expect.objectContaining({ valueDateTime: '2026-02-20' }))
})

test('a stay that moves to another ward remembers where it was', () => {
  const moved = on(2, { event: codes.discharge }).replace('Collier Ward', 'Ward 9')
  const stay = after([asked, moved])[names.stay]
  expect(stay?.['location']).toEqual([
    { location: { type: 'Location', display: 'Collier Ward' }, status: 'completed' },
    { location: { type: 'Location', display: 'Ward 9' }, status: 'active' }
  ])
})

test('a date that is none lands as text, and marks request and stay', () => {
  const items = after([on(1, { period: '<start value="2026-02-20"/><end value="soon"/>' })])
  for (const name of [names.assessment, names.stay]) {
    expect(items[name]?.['text'].div).toContain('Discharge planned as sent: soon')
    expect(items[name]?.['meta'].tag).toContainEqual(expect.objectContaining({ code: 'degraded' }))
  }
  expect(items[names.stay]).not.toHaveProperty('extension')
})

test('what one council answers says nothing of what another was asked for', () => {
  const byOther = accepted.replaceAll('E0001', 'E0002')
  const items = after([asked, byOther])
  expect(items[names.assessment]).toMatchObject({ status: 'requested' })
  expect(items[names.assessment.replace('E0001', 'E0002')]).toMatchObject({
    status: 'accepted',
    description: 'The request itself was not received.'
  })
})

test('of two councils that are asked each has a request of its own', () => {
  const destination = '<destination><endpoint value="urn:nhs-uk:addressing:ods:E0001"/></destination>'
  const both = asked.replace(destination, `${destination}${destination.replace('E0001', 'E0002')}`)
  const items = after([both, accepted.replaceAll('E0001', 'E0002')])
  expect([items[names.assessment], items[names.assessment.replace('E0001', 'E0002')]]).toMatchObject([
    { status: 'requested' },
    { status: 'accepted' }
  ])
})

test('two requests in one stay are two; numbers that are no UUID are each hospital’s own', () => {
  const other = notice({ request: identifier('https://hospital.example/referral', '7') })
  expect(Object.keys(after([asked, other]))).toEqual([
    names.assessment,
    names.stay,
    'referral/RXX01|https://hospital.example/referral|7|assessment|E0001'
  ])
})

test('a request without a number is known by its stay; without either it cannot be told from others', () => {
  expect(Object.keys(after([notice({ request: '' })]))).toEqual([
    `${names.stay}|assessment|E0001`,
    names.stay
  ])
  const { contribution } = tell(notice({ request: '', stay: '' }))
  expect(contribution).toMatchObject({
    entries: [],
    quarantined: [
      { reason: 'unprocessed-message', sections: ['assessments'], expression: 'ReferralRequest.identifier' }
    ]
  })
})

test.each([
  {
    case: 'an event of another list',
    event: '975861000000101',
    where: "MessageHeader.event.where(code = '975861000000101')"
  },
  { case: 'an event that is no code', event: 'Mrs Jones has left', where: 'MessageHeader.event' }
])('$case is kept, and the reader is told', ({ event, where }) => {
  expect(tell(notice({ event })).contribution).toMatchObject({
    entries: [],
    quarantined: [
      {
        reason: 'unprocessed-message',
        resourceType: 'MessageHeader',
        sections: ['assessments'],
        expression: where
      }
    ]
  })
})

test('an answer that says that its notice could not be processed answers nothing', () => {
  const more = '<response><identifier value="header-1"/><code value="transient-error"/></response>'
  expect(tell(notice({ event: codes.assessmentAccept, more })).contribution).toMatchObject({
    entries: [],
    quarantined: [{ reason: 'unprocessed-message', expression: 'MessageHeader.response.code' }]
  })
})

test('parts that are not mapped are told, each kind once', () => {
  const medicine = entry('MedicationStatement', 'm1', '<status value="active"/>')
  const document = '<entry><resource><Bundle><type value="document"/></Bundle></resource></entry>'
  const xml = notice({ event: codes.discharge, entries: [medicine, medicine, document] })
  expect(
    tell(xml).contribution.quarantined.map(({ resourceType, sections }) => [resourceType, ...sections])
  ).toEqual([
    ['MedicationStatement', 'medications'],
    ['DocumentReference', 'documents']
  ])
})

test.each([
  {
    case: 'a time to come is when it came',
    at: '2099-03-01T10:00:00+00:00',
    time: '2026-11-22T12:00:00.000Z'
  },
  { case: 'no time is when it came', at: 'yesterday', time: '2026-11-22T12:00:00.000Z' },
  { case: 'summer time is an instant', at: '2026-07-01T10:00:00+01:00', time: '2026-07-01T09:00:00.000Z' }
])('order: $case', ({ at, time }) => {
  const messages = [notice({ at }), notice({ at, event: codes.admission })]
  for (const xml of messages) expect(tellOrder(xml)).toEqual([time, 0])
})

function tellOrder(xml: string) {
  const mapped = map(xml)
  return mapped.outcome === 'mapped' ? [mapped.sourceTime, mapped.sourceSequence] : []
}
