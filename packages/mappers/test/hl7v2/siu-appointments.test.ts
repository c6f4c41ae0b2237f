import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultsIn } from './faults.ts'
import { ada, current, currentItems, inAnyOrder, isDegraded, quarantinedIn, received } from './received.ts'
import { sending } from './sending.ts'

interface Sch {
  readonly reason?: string
  readonly why?: string
  readonly status?: string
  readonly times?: string
  readonly duration?: string
}

const sch = ({
  reason = 'Review^Review',
  why = '',
  status = '',
  times = '202611051000^202611051020',
  duration = ''
}: Sch) => `SCH|P1|A1||||${why}|${reason}|FOLLOWUP|${duration}|min|^^^${times}||||||||||||||${status}`
const siu = (trigger: string, minute: number, given: Sch = {}, ...more: string[]) =>
  received(`SIU^${trigger}`, minute, sch(given), ada, ...more)

describe('an appointment', () => {
  test('is what SCH and the resources say of it, the person first', () => {
    const message = siu(
      'S12',
      1,
      {},
      'PV1|1|O||||||||100^General surgery',
      'NTE|1||Bring your glasses',
      'RGS|1',
      'AIS|1|A|CL1^Eye clinic^L|202611051000',
      'AIL|1|A|W1^R1^B1',
      'AIP|1|A|C1234567^Hill^Sam|SURG^Surgeon^L'
    )
    expect(current('Appointment', message)).toMatchObject({
      status: 'booked',
      start: '2026-11-05T10:00:00+00:00',
      end: '2026-11-05T10:20:00+00:00',
      serviceType: [{ text: 'Eye clinic' }],
      specialty: [{ coding: [{ code: '100' }] }],
      appointmentType: { coding: [{ code: 'FOLLOWUP' }] },
      reasonCode: [{ text: 'Review' }],
      comment: 'Bring your glasses',
      identifier: [{ value: 'P1' }, { value: 'A1' }],
      participant: [
        {
          actor: {
            reference: `Patient/${sending().personId({ system: 'https://chesil.example/fhir/Id/RZZ/patient-number', value: '12345' })}`
          }
        },
        { actor: { display: 'W1, R1, B1' } },
        { actor: { display: 'Sam Hill' }, type: [{ text: 'Surgeon' }] }
      ]
    })
  })

  test.each([
    ['S12', '', 'booked'],
    ['S13', '', 'booked'],
    ['S14', 'Started', 'arrived'],
    ['S14', 'Complete', 'fulfilled'],
    ['S12', 'Pending', 'pending'],
    ['S15', '', 'cancelled'],
    ['S15', 'Booked', 'cancelled'],
    ['S16', '', 'cancelled'],
    ['S26', '', 'noshow']
  ])('by %s with SCH-25 %j is %s', (trigger, status, expected) => {
    expect(current('Appointment', siu(trigger, 1, { status }))['status']).toBe(expected)
  })

  test('keeps how it stands when a modification does not say', () => {
    expect(current('Appointment', siu('S12', 1), siu('S14', 2))['status']).toBe('booked')
  })

  test('is moved by S13, and what was not said again stays', () => {
    const moved = siu('S13', 2, { times: '202611061400^202611061430', reason: '' })
    expect(current('Appointment', siu('S12', 1), moved)).toMatchObject({
      start: '2026-11-06T14:00:00+00:00',
      end: '2026-11-06T14:30:00+00:00',
      reasonCode: [{ text: 'Review' }]
    })
  })

  test('says why it was cancelled, and no longer when it is booked again', () => {
    const cancelled = siu('S15', 2, { why: 'ILL^Clinician ill^L' })
    expect(current('Appointment', siu('S12', 1), cancelled)['cancelationReason'].text).toBe('Clinician ill')
    expect(
      current('Appointment', siu('S12', 1), cancelled, siu('S13', 3))['cancelationReason']
    ).toBeUndefined()
  })

  test('is deleted by S17', () => {
    expect([...currentItems(siu('S12', 1), siu('S17', 2)).keys()]).toEqual([])
  })

  test('loses with "" the reason it had', () => {
    expect(
      current('Appointment', siu('S12', 1), siu('S14', 2, { reason: '""' }))['reasonCode']
    ).toBeUndefined()
  })

  test('without an end has one by its duration', () => {
    const item = current('Appointment', siu('S12', 1, { times: '202606051000^', duration: '45' }))
    expect([item['start'], item['end']]).toEqual(['2026-06-05T10:00:00+01:00', '2026-06-05T10:45:00+01:00'])
  })

  test('of which neither is known ends when it starts, and says so', () => {
    const item = current('Appointment', siu('S12', 1, { times: '202611051000^' }))
    expect([item['end'], isDegraded(item)]).toEqual([item['start'], true])
  })

  test('at no known time is proposed', () => {
    expect(current('Appointment', siu('S12', 1, { times: '20261105^' }))).toMatchObject({
      status: 'proposed',
      requestedPeriod: [{ start: '2026-11-05' }]
    })
  })

  test('without a number is told as not processed', () => {
    const message = siu('S12', 1).replace('SCH|P1|A1', 'SCH||')
    expect(quarantinedIn(message)).toMatchObject([
      { reason: 'unprocessed-message', sections: ['appointments'] }
    ])
  })
})

test('what becomes of an appointment does not depend on when its messages arrive, and is valid', () => {
  const told = fc.record({
    trigger: fc.constantFrom('S12', 'S13', 'S14', 'S15', 'S16', 'S17', 'S26'),
    times: fc.constantFrom(
      '202611051000^202611051020',
      '202611061000^',
      '20261107^',
      'soon^',
      '""',
      '202611061000^202611051000'
    ),
    status: fc.constantFrom('', 'Booked', 'Cancelled', 'Started', 'Deleted', 'odd', '""'),
    duration: fc.constantFrom('', '30', '999999', 'x'),
    more: fc.subarray([
      'AIP|1|A|C1234567^Hill^Sam',
      'AIP|1|D|C1234567^Hill^Sam',
      'AIL|1|A|W1',
      'AIG|1|A|X1^Scope^L'
    ])
  })
  const cases = fc.array(told, { minLength: 1, maxLength: 7 }).chain((history) => {
    const texts = history.map(({ trigger, more, ...given }, minute) => siu(trigger, minute, given, ...more))
    return fc.record({
      texts: fc.constant(texts),
      arriving: inAnyOrder(texts)
    })
  })
  void fc.assert(
    fc.property(cases, ({ texts, arriving }) => {
      const items = [...currentItems(...arriving)]
      expect(items).toEqual([...currentItems(...texts)])
      expect(faultsIn(items)).toEqual([])
    }),
    { numRuns: 300 }
  )
})

describe('an appointment that is off', () => {
  test.each([
    ['S15', 'cancelled'],
    ['S26', 'noshow']
  ])('by %s is not on again because a modification says so', (trigger, status) => {
    const texts = [siu('S12', 1), siu(trigger, 2), siu('S14', 3, { status: 'Booked' })]
    for (const order of [texts, texts.toReversed()])
      expect(current('Appointment', ...order)).toMatchObject({ status })
    expect(current('Appointment', ...texts, siu('S13', 4))['status']).toBe('booked')
  })
})

test('an appointment of several people is one for each', () => {
  const other = 'PID|2||888'
  const names = [...currentItems(received('SIU^S12', 1, sch({}), ada, other)).keys()]
  expect(names).toHaveLength(2)
  expect(names.every((name) => name.startsWith('Appointment/appointment/A1/'))).toBe(true)
})
