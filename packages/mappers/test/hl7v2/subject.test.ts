import { chesil } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { hl7v2ToContributions } from '../../src/hl7v2/hl7v2-to-contribution.ts'
import { mapped, message, partOf, sending } from './sending.ts'

const own = chesil.patientNumber('RZZ')
const subjectOf = (pid: string) => partOf(message('A28', pid)).subject
const claimed = { system: chesil.claimedNhsNumber('RZZ'), value: '9434765919' }

describe('the trust’s own number', () => {
  test.each([
    ['of its ODS code', '7^^^RZZ^MR', own, '7'],
    ['of an authority that the catalogue names', '7^^^PAS^PI', own, '7'],
    ['in any case', '7^^^pas^mr', own, '7'],
    ['of no authority', '7', own, '7'],
    ['of another authority, under a system of its own', '7^^^LAB 2^MR', `${own}/LAB%202`, '7'],
    ['of an authority known by its universal id', '7^^^&1.2.3&ISO^MR', `${own}/1.2.3`, '7'],
    ['of a facility, where no authority is named', '7^^^^PT^Quay Clinic', `${own}/Quay%20Clinic`, '7'],
    ['before one of another authority', '8^^^LAB^MR~7^^^RZZ^MR', own, '7'],
    ['beside numbers of other things', 'D1^^^DVLA^DL~123^^^^SS~55^^^^VN~7^^^RZZ^MR', own, '7'],
    ['with a type that is a name', '7^^^^QUAY HOSPITAL', own, '7'],
    ['of ten digits, though an NHS number could look so', '9434765919', own, '9434765919'],
    ['as its sender escapes it', '7\\S\\A^^^RZZ', own, '7^A']
  ])('%s', (_, number, system, value) => {
    expect(subjectOf(`PID|1||${number}`).local).toEqual({ system, value })
  })

  test('is looked for in PID-2 and PID-4 where PID-3 is absent', () => {
    expect(subjectOf('PID|1|7').local).toEqual({ system: own, value: '7' })
    expect(subjectOf('PID|1|||8^^^LAB').local).toEqual({ system: `${own}/LAB`, value: '8' })
    expect(subjectOf('PID|1|7|8').local.value).toBe('8')
  })
})

describe('the NHS number', () => {
  test.each([
    ['by its type', '943 476 5919^^^^NH'],
    ['by its authority', '9434765919^^^NHS'],
    ['by the universal id of its authority', '9434765919^^^&2.16.840.1.113883.2.1.4.1&ISO'],
    ['by both', '9434765919^^^NHS^NH']
  ])('%s, claimed where there is no other', (_, number) => {
    expect(subjectOf(`PID|1||${number}`)).toMatchObject({ local: claimed, nhsNumber: '9434765919' })
  })

  test('stands beside the local one', () => {
    expect(subjectOf('PID|1||9434765919^^^NHS~7^^^RZZ')).toMatchObject({
      local: { system: own, value: '7' },
      nhsNumber: '9434765919'
    })
  })

  test('may be bare in PID-2, and stand there beside the list in PID-3', () => {
    expect(subjectOf('PID|1|943 476 5919|^^^^MR')).toEqual({ local: claimed, nhsNumber: '9434765919' })
    expect(subjectOf('PID|1|9434765919^^^NHS|7')).toMatchObject({
      local: { value: '7' },
      nhsNumber: '9434765919'
    })
  })

  test('is not claimed where it cannot be one', () => {
    expect(subjectOf('PID|1||7~9434765918^^^NHS^NH')).not.toHaveProperty('nhsNumber')
  })
})

test.each([
  ['no PID', 'EVN||2026'],
  ['no number', 'PID|1||||WINTER^Ada'],
  ['a null for a number', 'PID|1||""||WINTER^Ada'],
  ['an NHS number that is everybody’s', 'PID|1||3333333333^^^NHS'],
  ['numbers of other things alone', 'PID|1||D1^^^DVLA^DL~123^^^USSSA~12^^^^SS'],
  ['a number that is too long for one', `PID|1||${'7'.repeat(101)}`]
])('a message with %s is refused', (_, segment) => {
  expect(hl7v2ToContributions(message('A28', segment), sending())).toEqual({
    outcome: 'refused',
    reason: 'no-person'
  })
})

test('who that is, in the sender’s words', () => {
  expect(subjectOf('PID|1||7||WINTER&&x^Ada^Mary Jane||195001020304|2')).toMatchObject({
    family: 'WINTER',
    given: ['Ada', 'Mary', 'Jane'],
    birthDate: '1950-01-02',
    gender: 'female'
  })
  expect(subjectOf('PID|1||7||||1950')).toEqual({ local: { system: own, value: '7' } })
})

test.each([
  ...[
    ['1', 'male'],
    ['M', 'male'],
    ['2', 'female'],
    ['f', 'female'],
    ['9', 'other'],
    ['O', 'other']
  ],
  ...[
    ['X', 'unknown'],
    ['0', 'unknown'],
    ['U', 'unknown'],
    ['toString', undefined]
  ]
])('sex %s is %s', (code, gender) => {
  expect(subjectOf(`PID|1||7|||||${code}`).gender).toBe(gender)
})

describe('order', () => {
  const orderOf = (event: string, header = '20261101100000', sequence = '', trigger = 'A01') => {
    const { sourceTime, sourceSequence } = mapped(
      [`MSH|^~\\&|PAS|RZZ|||${header}||ADT^${trigger}|1|P|2.4|${sequence}`, event, 'PID|1||7'].join('\r')
    )
    return { sourceTime, sourceSequence }
  }
  const timeOf = (event: string, header?: string) => orderOf(event, header).sourceTime

  test.each([
    ['when the event was recorded', 'EVN||20261101093000', '20261101100000', '2026-11-01T09:30:00.000Z'],
    [
      'as exactly as the header says, in that minute',
      'EVN||202611010930',
      '20261101093017',
      '2026-11-01T09:30:17.000Z'
    ],
    ['not by a header of another minute', 'EVN||202611010930', '20261101093117', '2026-11-01T09:30:00.000Z'],
    ['on a day of the event', 'EVN||20261101', '20261101093117', '2026-11-01T09:31:17.000Z'],
    ['by the header alone', 'EVN|A01', '20261101093117', '2026-11-01T09:31:17.000Z'],
    [
      'by the header where the event has no such day',
      'EVN||20260231',
      '20261101',
      '2026-11-01T00:00:00.000Z'
    ],
    ['not days after the message was written', 'EVN||20291101', '20261101093117', '2026-11-01T09:31:17.000Z'],
    ['by a clock that is ahead', 'EVN||202611011200', '20261101093117', '2026-11-01T12:00:00.000Z'],
    ['in London', 'EVN||20260701100000', '20260701', '2026-07-01T09:00:00.000Z'],
    ['when it was received, at the last', 'EVN||', '', '2026-11-22T09:00:00.000Z']
  ])('%s', (_, event, header, expected) => {
    expect(timeOf(event, header)).toBe(expected)
  })

  test('of two at one time, the one that comes later in a stay', () => {
    const ranks = [
      'A28',
      'A05',
      'A01',
      'A06',
      'A02',
      'A08',
      'A03',
      'A12',
      'A13',
      'A11',
      'A24',
      'A40',
      'A23',
      'A29'
    ].map((trigger) => orderOf('EVN||2026', '2026', '', trigger).sourceSequence)
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
    expect(new Set(ranks).size).toBe(ranks.length)
  })

  test('of two at one time and of one rank, the one with the higher sequence number', () => {
    expect(
      orderOf('EVN||2026', '2026', '8').sourceSequence - orderOf('EVN||2026', '2026', '7').sourceSequence
    ).toBeGreaterThan(0)
  })

  test.each(['-1', 'A05', '99999999999999999999', '2147483647', '1.5'])(
    'sequence %s fits a number of 32 bits',
    (given) => {
      const { sourceSequence } = orderOf('EVN||2026', '2026', given, 'A29')
      expect(Number.isInteger(sourceSequence) && sourceSequence >= 0 && sourceSequence < 2 ** 31).toBe(true)
    }
  )
})
