import { chesil } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { currencyOf, type MedicineFacts } from '../src/gp-connect/medicine-currency.ts'
import { structuredRecordToContribution } from '../src/index.ts'
import { asking, contributionOf, type Loose, landed } from './asking.ts'
import { bundle, extensionUrl, patient, plan, prescriptionType, type Stu3, statement, to } from './stu3.ts'

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

const map = (overrides: Stu3 = {}, ofPlan: Stu3 = {}, asAt = '2026-03-10T09:30:00.000Z') =>
  landed(
    contributionOf(
      structuredRecordToContribution(bundle(patient(), plan(ofPlan), statement(overrides)), asking({ asAt }))
    ),
    'MedicationStatement/s1'
  )
const currency = (resource: Loose) =>
  resource['extension'].find(({ url }: { url: string }) => url === chesil.extension('medicine-currency'))
    .valueCode

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
  ['2026-03-01', 'recent', 'Recent, end not recorded'],
  ['2024-03-01', 'past', 'Past, end not recorded']
])('an acute of %s is %s, with the note: %s', (start, expected, note) => {
  const resource = map({ effectivePeriod: { start } })
  expect(currency(resource)).toBe(expected)
  expect(resource['note']?.map(({ text }: { text: string }) => text)).toEqual(note && [note])
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
