import { chesil } from '@chesil/fhir'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { currencyOf, currencyUntil, type MedicineFacts } from '../src/stu3/medicine-currency.ts'
import { asking, contributionOf, isDegraded, type Loose, landed } from './asking.ts'
import {
  bundle,
  extensionUrl,
  order,
  patient,
  plan,
  prescriptionType,
  type Stu3,
  statement,
  to
} from './stu3.ts'

const today = '2026-03-10'
const medicine = (facts: Partial<MedicineFacts>): MedicineFacts => ({
  status: 'active',
  isRepeatable: false,
  ...facts
})

test.each<[string, Partial<MedicineFacts>, string]>([
  ['stopped', { status: 'stopped', prescriptionType: 'repeat', start: today }, 'past'],
  ['completed', { status: 'completed', prescriptionType: 'acute', start: today }, 'past'],
  ['entered in error', { status: 'entered-in-error', prescriptionType: 'repeat' }, 'past'],
  ['not taken', { status: 'not-taken', prescriptionType: 'repeat' }, 'past'],
  ['a repeat that ended yesterday', { prescriptionType: 'repeat', end: '2026-03-09' }, 'past'],
  ['a repeat that ends today', { prescriptionType: 'repeat', end: today }, 'current'],
  ['a repeat that ended in a year gone by', { prescriptionType: 'repeat', end: '2025' }, 'past'],
  ['a repeat that ends this month', { prescriptionType: 'repeat', end: '2026-03' }, 'current'],
  ['a repeat without an end', { prescriptionType: 'repeat', start: '2009-01-01' }, 'current'],
  [
    'repeat dispensing without an end',
    { prescriptionType: 'repeat-dispensing', start: '2009-01-01' },
    'current'
  ],
  ['a repeat on hold', { status: 'on-hold', prescriptionType: 'repeat' }, 'current'],
  [
    'an acute that ends tomorrow',
    { prescriptionType: 'acute', start: '2026-03-04', end: '2026-03-11' },
    'current'
  ],
  ['an acute of today', { prescriptionType: 'acute', start: today }, 'current'],
  ['an acute of yesterday', { prescriptionType: 'acute', start: '2026-03-09' }, 'recent'],
  ['an acute of a year ago today', { prescriptionType: 'acute', start: '2025-03-10' }, 'recent'],
  ['an acute of a year and a day ago', { prescriptionType: 'acute', start: '2025-03-09' }, 'past'],
  [
    'a handwritten acute of last month',
    { prescriptionType: 'acute-handwritten', start: '2026-02-01' },
    'recent'
  ],
  [
    'a delayed one dated next week',
    { prescriptionType: 'delayed-prescribing', start: '2026-03-17' },
    'recent'
  ],
  ['an acute of some day of last year', { prescriptionType: 'acute', start: '2025' }, 'recent'],
  ['an acute of some day two years ago', { prescriptionType: 'acute', start: '2024' }, 'past'],
  ['an acute without a date', { prescriptionType: 'acute' }, 'recent'],
  [
    'an acute without a start, issued long ago',
    { prescriptionType: 'acute', lastIssued: '2020-01-01' },
    'past'
  ],
  [
    'an acute of unreadable status',
    { status: 'unknown', prescriptionType: 'acute', start: '2026-02-01' },
    'recent'
  ],
  [
    'an acute of long ago, issued again lately',
    { prescriptionType: 'acute', start: '2020-01-01', lastIssued: '2026-02-01' },
    'recent'
  ],
  [
    'an acute of long ago, issued again today',
    { prescriptionType: 'acute', start: '2020-01-01', lastIssued: today },
    'current'
  ],
  ['a repeat whose plan is stopped', { prescriptionType: 'repeat', planStatus: 'stopped' }, 'past'],
  ['a repeat whose plan is cancelled', { prescriptionType: 'repeat', planStatus: 'cancelled' }, 'past'],
  [
    'an acute of today whose plan is stopped',
    { prescriptionType: 'acute', start: today, planStatus: 'stopped' },
    'past'
  ],
  [
    'a repeat whose plan is completed, issued lately',
    { prescriptionType: 'repeat', planStatus: 'completed', lastIssued: '2026-02-01' },
    'recent'
  ],
  [
    'a repeat whose plan is completed, issued today',
    { prescriptionType: 'repeat', planStatus: 'completed', lastIssued: today },
    'recent'
  ],
  [
    'a repeat whose plan is completed, issued long ago',
    { prescriptionType: 'repeat', planStatus: 'completed', lastIssued: '2025-03-09' },
    'past'
  ],
  [
    'a repeat whose plan is completed, issued nobody knows when',
    { prescriptionType: 'repeat', planStatus: 'completed' },
    'past'
  ],
  [
    'a repeat that ends tomorrow, whose plan is completed',
    { prescriptionType: 'repeat', planStatus: 'completed', start: '2026-02-01', end: '2026-03-11' },
    'recent'
  ],
  [
    'of no type, authorised until today',
    { isRepeatable: true, authorisedUntil: today, start: '2020-01-01' },
    'current'
  ],
  [
    'of no type, authorised until yesterday',
    { isRepeatable: true, authorisedUntil: '2026-03-09', start: '2020-01-01' },
    'past'
  ],
  ['of no type, with repeats counted', { isRepeatable: true, start: '2020-01-01' }, 'current'],
  ['of no type, without repeats, started long ago', { start: '2020-01-01' }, 'past'],
  [
    'of no type, started long ago and issued lately',
    { start: '2020-01-01', lastIssued: '2026-02-01' },
    'recent'
  ]
])('a medicine that is %s is, on 10 March 2026: %j → %s', (_, facts, expected) => {
  expect(currencyOf(medicine(facts), today)).toBe(expected)
})

test.each([
  ['2024-02-29', '2025-02-28', 'recent'],
  ['2024-02-28', '2025-02-28', 'recent'],
  ['2024-02-27', '2025-02-28', 'past'],
  ['2024-02-29', '2025-03-01', 'past'],
  ['2023-02-28', '2024-02-29', 'recent'],
  ['2023-02-27', '2024-02-29', 'past'],
  ['2023-03-01', '2024-02-29', 'recent'],
  ['2024-02-29', '2024-02-29', 'current'],
  ['2024-02', '2025-02-28', 'recent'],
  ['2023-02', '2024-02-29', 'recent']
])('an acute of %s is, on %s, %s', (start, day, expected) => {
  expect(currencyOf(medicine({ prescriptionType: 'acute', start }), day)).toBe(expected)
})

test.each<[string, Partial<MedicineFacts>, string | undefined]>([
  ['current until its end', { prescriptionType: 'repeat', end: '2026-04-01' }, '2026-04-01'],
  ['current until the end of a month', { prescriptionType: 'repeat', end: '2026-04' }, '2026-04-30'],
  ['current, without an end', { prescriptionType: 'repeat', start: '2020-01-01' }, undefined],
  ['recent, a year from its start', { prescriptionType: 'acute', start: '2026-02-01' }, '2027-02-01'],
  [
    'recent, a year from its last issue',
    { prescriptionType: 'acute', start: '2026-02-01', lastIssued: '2026-03-01' },
    '2027-03-01'
  ],
  ['recent, a year from some day of 2025', { prescriptionType: 'acute', start: '2025' }, '2026-12-31'],
  [
    'recent, its plan completed, until its end',
    { prescriptionType: 'repeat', planStatus: 'completed', start: '2026-02-01', end: '2026-04-01' },
    '2026-04-01'
  ],
  ['recent, of no known day', { prescriptionType: 'acute' }, undefined],
  ['past', { prescriptionType: 'acute', start: '2020-01-01' }, undefined],
  ['stopped', { status: 'stopped', prescriptionType: 'repeat', end: '2027-01-01' }, undefined]
])('how long it holds: a medicine that is %s, %j → %s', (_, facts, expected) => {
  expect(currencyUntil(medicine(facts), today)).toBe(expected)
})

const dayAfter = (day: string, days = 1) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

test('what is recent is recent to the day that is named, and past from the next', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9000 }), fc.integer({ min: 1, max: 360 }), (start, age) => {
      const facts = medicine({ prescriptionType: 'acute', start: dayAfter('2018-01-01', start) })
      const until = currencyUntil(facts, dayAfter(facts.start ?? '', age)) ?? ''
      expect(currencyOf(facts, until)).toBe('recent')
      expect(currencyOf(facts, dayAfter(until))).toBe('past')
    })
  )
})

const map = (overrides: Stu3 = {}, ofPlan: Stu3 = {}, asAt = '2026-03-10T09:30:00.000Z') =>
  landed(
    contributionOf(
      structuredRecordToContribution(bundle(patient(), plan(ofPlan), statement(overrides)), asking({ asAt }))
    ),
    'MedicationStatement/s1'
  )
const extension = (resource: Loose, wanted: string) =>
  resource['extension'].find(({ url }: { url: string }) => url === wanted)
const currency = (resource: Loose) => extension(resource, chesil.medicineCurrency).valueCode
const notes = (resource: Loose) => resource['note']?.map(({ text }: { text: string }) => text)

test('the type of the prescription is read from the plan that the statement is based on', () => {
  expect(currency(map({}, { extension: [prescriptionType('acute')] }))).toBe('recent')
  expect(currency(map({}, { extension: [prescriptionType('repeat')] }))).toBe('current')
  expect(
    currency(
      map({ basedOn: [to('MedicationRequest/elsewhere')] }, { extension: [prescriptionType('repeat')] })
    )
  ).toBe('recent')
})

test('a plan that may be somebody else’s decides nothing', () => {
  const others = { subject: to('Patient/p2'), extension: [prescriptionType('repeat')] }
  expect(currency(map({}, others))).toBe('recent')
})

test('“No information available” is no type', () => {
  const lost = {
    url: extensionUrl('PrescriptionType'),
    valueCodeableConcept: { text: 'No information available' }
  }
  expect(currency(map({ effectivePeriod: { start: '2020-01-01' } }, { extension: [lost] }))).toBe('past')
})

test.each([
  ['2026-03-10', 'current', undefined],
  ['2026-03-01', 'recent', 'From 2026-03-01, end not recorded'],
  ['2024-03-01', 'past', 'From 2024-03-01, end not recorded']
])('an acute of %s is %s, with the note: %s', (start, expected, note) => {
  const resource = map({ effectivePeriod: { start } })
  expect(currency(resource)).toBe(expected)
  expect(notes(resource)).toEqual(note && [note])
})

const lastIssued = (day: string) => [
  { url: extensionUrl('MedicationStatementLastIssueDate'), valueDateTime: day }
]

test('the notes of a medicine stay true as time goes by: they name days', () => {
  const effectivePeriod = { start: '2021-01-01' }
  expect(notes(map({ effectivePeriod, extension: lastIssued('2021-05-25') }))).toEqual([
    'Last issued 2021-05-25, end not recorded'
  ])
  expect(notes(map({ effectivePeriod: undefined }))).toEqual(['End not recorded'])
})

test('until when the currency holds stands beside it, and not where it holds without end', () => {
  const until = (resource: Loose) => extension(resource, chesil.medicineCurrencyUntil)
  expect(until(map())).toEqual({ url: chesil.medicineCurrencyUntil, valueDate: '2027-03-01' })
  expect(until(map({ effectivePeriod: { start: '2026-03-01', end: '2026-03-31' } }))).toEqual({
    url: chesil.medicineCurrencyUntil,
    valueDate: '2026-03-31'
  })
  expect(until(map({}, { extension: [prescriptionType('repeat')] }))).toBeUndefined()
  expect(until(map({ effectivePeriod: { start: '2020-03-01' } }))).toBeUndefined()
})

const withOrders = (...orders: Stu3[]) =>
  landed(
    contributionOf(
      structuredRecordToContribution(
        bundle(patient(), plan(), statement({ effectivePeriod: { start: '2020-01-01' } }), ...orders),
        asking()
      )
    ),
    'MedicationStatement/s1'
  )

test('the latest issue of the plan counts, where nobody wrote the last issue down', () => {
  const resource = withOrders(
    order({ id: 'new', authoredOn: '2026-02-03T10:00:00Z' }),
    order({ id: 'old', authoredOn: '2025-01-03' })
  )
  expect(currency(resource)).toBe('recent')
  expect(notes(resource)).toEqual(['Last issued 2026-02-03, end not recorded'])
})

test.each([
  ['that was cancelled', { status: 'cancelled' }],
  ['that was entered in error', { status: 'entered-in-error' }],
  ['that may be somebody else’s', { subject: to('Patient/p2') }],
  ['of another plan', { basedOn: [to('MedicationRequest/other')] }]
])('an issue %s is none', (_, overrides) => {
  expect(currency(withOrders(order({ authoredOn: '2026-02-03', ...overrides })))).toBe('past')
})

test.each(['stopped', 'cancelled', 'Stopped'])(
  'a medicine whose plan is %s is stopped, and says so',
  (status) => {
    const resource = map({}, { status, extension: [prescriptionType('repeat')] })
    expect(resource['status']).toBe('stopped')
    expect(currency(resource)).toBe('past')
    expect(notes(resource)).toEqual([
      'Status as sent: active',
      `The medicine was sent as active, its prescription as ${status.toLowerCase()}`
    ])
  }
)

test('a medicine whose plan is completed is not current, and says so', () => {
  const resource = map({}, { status: 'completed', extension: [prescriptionType('repeat')] })
  expect(resource['status']).toBe('active')
  expect(currency(resource)).toBe('recent')
  expect(notes(resource)).toEqual([
    'From 2026-03-01, end not recorded',
    'The medicine was sent as active, its prescription as completed'
  ])
})

test('a medicine and a plan that are both over need no note', () => {
  expect(notes(map({ status: 'completed' }, { status: 'completed' }))).toBeUndefined()
  expect(notes(map({ status: 'stopped' }, { status: 'stopped' }))).toBeUndefined()
})

test('a medicine that has ended is completed, whatever was sent, and says so', () => {
  const ended = { effectivePeriod: { start: '2026-02-01', end: '2026-03-09' } }
  const resource = map(ended)
  expect(resource['status']).toBe('completed')
  expect(currency(resource)).toBe('past')
  expect(notes(resource)).toEqual(['Status as sent: active'])
  expect(isDegraded(resource)).toBe(false)
  expect(map({ effectivePeriod: { start: '2026-02-01', end: today } })['status']).toBe('active')
  expect(map({ ...ended, status: 'stopped' })['status']).toBe('stopped')
})

test('what is over needs no note, and keeps the words of its source', () => {
  const resource = map({ status: 'stopped', note: [{ text: 'Patient Notes: rash' }] })
  expect(resource).toMatchObject({ status: 'stopped', note: [{ text: 'Patient Notes: rash' }] })
  expect(resource['note']).toHaveLength(1)
})

test.each([
  ['y', 'active', 'active'],
  ['unk', 'active', 'active'],
  ['na', 'completed', 'completed'],
  ['n', 'active', 'not-taken'],
  ['n', 'entered-in-error', 'entered-in-error']
])('taken %s and status %s is, in R4, %s', (taken, status, expected) => {
  expect(map({ taken, status })['status']).toBe(expected)
})

test('the day is London’s: a prescription of late evening in summer is of the next day there', () => {
  const midnight = { effectivePeriod: { start: '2026-06-01T23:30:00Z' } }
  expect(currency(map(midnight, {}, '2026-06-02T08:00:00.000Z'))).toBe('current')
  expect(currency(map(midnight, {}, '2026-06-01T22:00:00.000Z'))).toBe('recent')
})
