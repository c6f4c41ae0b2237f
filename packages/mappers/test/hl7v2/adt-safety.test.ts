import type { AllergyIntolerance, Encounter, Patient, Procedure, Resource } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { evn, foldAll, folded, mapped, message, partOf, pid, sending, stay } from './sending.ts'

const encounter = (...texts: readonly string[]) => folded<Encounter>('Encounter', ...texts)
const began = '2026-11-01T10:00:00+00:00'
const ended = `PV1|1|I|W1${'|'.repeat(42)}202611011030`
const a = (trigger: string, minute: string, visit?: string) => stay(trigger, minute, visit)

describe('a stay that is over does not look current', () => {
  test('an admission that is sent again, with another time, neither reopens it nor moves its start', () => {
    const told = [a('A01', '00'), a('A03', '30'), a('A01', '40')]
    for (const texts of [told, told.toReversed()]) {
      expect(encounter(...texts)).toMatchObject({
        status: 'finished',
        period: { start: began, end: '2026-11-01T10:30:00+00:00' }
      })
    }
  })

  test('an admission that is sent again moves no start while it goes on', () => {
    expect(encounter(a('A01', '00'), a('A01', '40'))).toMatchObject({
      status: 'in-progress',
      period: { start: began }
    })
  })

  test('one that was cancelled may begin anew', () => {
    expect(encounter(a('A01', '00'), a('A11', '10'), a('A01', '40'))).toMatchObject({
      status: 'in-progress',
      period: { start: '2026-11-01T10:40:00+00:00' }
    })
  })

  test.each([
    ['A05 after A01', ['A01', 'A05'], 'in-progress'],
    ['A04 after A01', ['A01', 'A04'], 'in-progress'],
    ['A01 after A05', ['A05', 'A01'], 'in-progress'],
    ['A05 after A38', ['A05', 'A38', 'A05'], 'planned'],
    ['A06 after A03', ['A01', 'A03', 'A06'], 'finished'],
    ['A07 after A11', ['A01', 'A11', 'A07'], 'cancelled'],
    ['A22 after A03', ['A01', 'A21', 'A03', 'A22'], 'finished'],
    ['A52: the leave never was', ['A01', 'A21', 'A52'], 'in-progress'],
    ['A52 after A03', ['A01', 'A21', 'A03', 'A52'], 'finished'],
    ['A53: the return never was', ['A01', 'A21', 'A22', 'A53'], 'onleave'],
    ['A52 alone', ['A52'], 'in-progress'],
    ['A53 alone', ['A53'], 'onleave'],
    ['A01 after A13', ['A01', 'A03', 'A13', 'A01'], 'in-progress']
  ])('%s', (_, triggers, status) => {
    const texts = triggers.map((trigger, at) => a(trigger, `${at}0`))
    expect(encounter(...texts).status).toBe(status)
    expect(encounter(...texts.toReversed()).status).toBe(status)
  })

  test('A08 with a discharge ends it, unless it never was', () => {
    expect(encounter(a('A01', '00'), a('A08', '40', ended)).status).toBe('finished')
    expect(encounter(a('A01', '00'), a('A11', '10'), a('A08', '40', ended)).status).toBe('cancelled')
    expect(encounter(a('A01', '00'), a('A08', '40', ended), a('A13', '50')).status).toBe('in-progress')
  })
})

describe('a procedure', () => {
  const told = (trigger: string, performed: string) =>
    folded<Procedure>('Procedure', stay(trigger, '30', undefined, `PR1|1||H22^Scope^OPCS4||${performed}`))
      .status

  test.each([
    ['A08', '202611010900', 'completed'],
    ['A08', '20261101', 'unknown'],
    ['A08', '2026', 'unknown'],
    ['A08', '20261102', 'preparation'],
    ['A08', '', 'unknown'],
    ['A05', '20261101', 'preparation'],
    ['A05', '', 'preparation']
  ])('in %s at %s is %s', (trigger, performed, status) => {
    expect(told(trigger, performed)).toBe(status)
  })
})

describe('that somebody died', () => {
  const patient = (died: string, said = '') =>
    folded<Patient>('Patient', message('A31', `PID|1||7${'|'.repeat(26)}${died}|${said}`))

  test.each(['00000000', 'N', '0', '20261199'])('does not follow from %s', (died) => {
    const found = patient(died)
    expect([found.deceasedBoolean, found.deceasedDateTime]).toEqual([undefined, undefined])
    expect(patient(died, 'Y').deceasedBoolean).toBe(true)
  })
})

describe('that nothing is known', () => {
  const allergies = (...texts: string[]) =>
    [...foldAll(texts).values()].filter(
      (item: Resource): item is AllergyIntolerance => item.resourceType === 'AllergyIntolerance'
    )
  const said = (minute: string, ...segments: string[]) => message('A31', evn(minute), pid, ...segments)

  test.each([
    ['NKDA', '409137002'],
    ['^No known drug allergies', '409137002'],
    ['NKA^No Known Allergies^L', '716186003'],
    ['716186003^No known allergy^SCT', '716186003'],
    ['^none known', '716186003']
  ])('%s is a statement, and no allergy', (given, code) => {
    expect(allergies(said('00', `AL1|1|DA|${given}|SV`))).toMatchObject([
      {
        code: { coding: [{ system: 'http://snomed.info/sct', code }] },
        verificationStatus: { coding: [{ code: 'unconfirmed' }] }
      }
    ])
    expect(allergies(said('00', `AL1|1|DA|${given}|SV`))[0]).not.toHaveProperty('criticality')
  })

  test('is no longer so once an allergy is named, whatever arrives first', () => {
    const told = [said('00', 'AL1|1|DA|NKDA'), said('10', 'AL1|1|FA|Nuts')]
    for (const texts of [told, told.toReversed()])
      expect(allergies(...texts).map(({ code }) => code?.text)).toEqual(['Nuts'])
  })

  test('does not stand beside an allergy of the same message', () => {
    expect(allergies(said('00', 'AL1|1|FA|Nuts', 'AL1|2|DA|NKDA')).map(({ code }) => code?.text)).toEqual([
      'Nuts'
    ])
  })
})

describe('whom it is about', () => {
  const subjectOf = (...segments: string[]) => partOf(message('A28', ...segments)).subject
  const two = '9434765919^^^NHS^NH~9449305552^^^NHS^NH'

  test('has no NHS number where two are given', () => {
    expect(subjectOf(`PID|1||7~${two}`)).toEqual({ local: { ...subjectOf('PID|1||7').local } })
    const [{ identifier }] = [folded<Patient>('Patient', message('A28', `PID|1||7~${two}`))] as const
    expect(identifier?.map(({ value }) => value)).toEqual(['7'])
    expect(() => subjectOf(`PID|1||${two}`)).toThrow('no-person')
  })

  test.each([
    ['PID-19', `PID|1||7${'|'.repeat(16)}9434765919`],
    ['a bare number in PID-2 beside PID-3', 'PID|1|9434765919|7']
  ])('has the NHS number of %s', (_, segment) => {
    expect(subjectOf(segment)).toMatchObject({ local: { value: '7' }, nhsNumber: '9434765919' })
  })

  test('may be known by a mistyped NHS number alone, as the sender’s, and by no number that is filled in', () => {
    expect(subjectOf('PID|1||9434765918^^^NHS^NH')).toEqual({
      local: { system: expect.stringContaining('claimed'), value: '9434765918' }
    })
    expect(() => subjectOf('PID|1||9999999999^^^NHS^NH')).toThrow('no-person')
    expect(() => subjectOf('PID|1||1234567890^^^NHS^NH')).toThrow('no-person')
  })

  test('every number of MRG-1 is merged', () => {
    const { parts } = mapped(message('A40', 'PID|1||111', 'MRG|222~333'))
    expect(parts[0]?.identity.map(({ from }) => from.value)).toEqual(['222', '333'])
  })

  test('is not merged with either of two NHS numbers', () => {
    const { parts } = mapped(message('A40', 'PID|1||111', `MRG|${two}`))
    expect(parts[0]?.identity).toEqual([])
    expect(parts[0]?.contribution.quarantined).toMatchObject([{ reason: 'identity-conflict' }])
  })
})

test('a field whose every component is "" is taken back', () => {
  expect(encounter(a('A01', '00'), a('A08', '10', 'PV1|1|I|""^""^""'))).not.toHaveProperty('location')
  expect(encounter(a('A01', '00'), a('A08', '10', 'PV1|1|I|""^W2')).location).toHaveLength(2)
})

test.each([
  ['22298006^Infarct^SNM', 'http://snomed.info/sct'],
  ['22298007^Infarct^SNM', 'https://chesil.example/fhir/CodeSystem/RZZ/SNM'],
  ['D1-1234^Infarct^SNM', 'https://chesil.example/fhir/CodeSystem/RZZ/SNM']
])('%s is of %s', (given, system) => {
  const texts = [stay('A08', '00', undefined, `DG1|1||${given}`)]
  const condition = [...foldAll(texts).values()].find(({ resourceType }) => resourceType === 'Condition')
  expect(condition).toMatchObject({ code: { coding: [{ system }] } })
})

test.each([
  ['RDE^O11', 'medications', 'RDE^O11'],
  ['RAS^O17', 'medications', 'RAS^O17'],
  ['VXU^V04', 'immunisations', 'VXU^V04'],
  ['ORU^WINTER ADA', 'investigations', 'ORU'],
  ['ADT^A99', 'admissions', 'ADT^A99'],
  ['ADT^', 'admissions', 'ADT']
])('%s is told as unprocessed in %s', (type, section, expression) => {
  const text = [`MSH|^~\\&|PAS|RZZ|||20261101100000||${type}|1|P|2.4`, pid].join('\r')
  expect(partOf(text, sending()).contribution.quarantined).toMatchObject([
    { sections: [section], expression }
  ])
})
