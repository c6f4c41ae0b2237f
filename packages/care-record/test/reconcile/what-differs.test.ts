import { systems } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { reconcile } from '../../src/index.ts'
import {
  allergy,
  concept,
  condition,
  item,
  medicine,
  observation,
  type Said,
  statusConcept
} from './items.ts'

/** What two sources say, the second confirmed last. */
const both = (a: Said, b: Said) => reconcile([item('a', 'gp', a, 1), item('b', 'trust', b, 2)]).groups

/** They are two things, or one of which it is shown that they differ: never one and the other hidden behind it. */
function expectBothShown(a: Said, b: Said): void {
  for (const groups of [both(a, b), both(b, a)]) {
    const [one, other] = groups
    if (other) continue
    expect(one?.members.filter(({ differs }) => differs)).toHaveLength(1)
    expect(one?.conflicts).not.toEqual([])
  }
}

const ramipril = 'dmd:318906001 Ramipril 10mg capsules'
const taken = (...dosage: object[]) => medicine(ramipril, { dosage })
const daily = (value: number, repeat: object = {}, more: object = {}) => ({
  doseAndRate: [{ doseQuantity: { value, unit: 'mg' } }],
  timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd', ...repeat } },
  ...more
})
const most = { numerator: { value: 20, unit: 'mg' }, denominator: { value: 1, unit: 'd' } }
const rate = (value: number) => ({ doseAndRate: [{ rateQuantity: { value, unit: 'mL/h' } }] })

describe('doses differ', () => {
  test.each<[string, Said, Said]>([
    [
      'words alike, amounts not',
      taken({ text: 'As directed', ...daily(5) }),
      taken({ text: 'As directed', ...daily(50) })
    ],
    [
      'instructions alike, amounts not',
      taken({ patientInstruction: 'With food', ...daily(5) }),
      taken({ patientInstruction: 'With food', ...daily(50) })
    ],
    [
      'more at night, more in the morning',
      taken(daily(10, { when: ['MORN'] }), daily(40, { when: ['NIGHT'] })),
      taken(daily(40, { when: ['MORN'] }), daily(10, { when: ['NIGHT'] }))
    ],
    ['daily, on Mondays', taken(daily(10)), taken(daily(10, { dayOfWeek: ['mon'] }))],
    [
      'in words daily, on Mondays',
      taken({ text: '10mg daily' }),
      taken({ text: '10mg daily', ...daily(10, { dayOfWeek: ['mon'] }) })
    ],
    ['once, up to six times', taken(daily(10)), taken(daily(10, { frequencyMax: 6 }))],
    ['a maximum, none', taken(daily(10, {}, { maxDosePerPeriod: most })), taken(daily(10))],
    ['how fast', taken(rate(1)), taken(rate(10))],
    [
      'when required, always',
      taken({ text: '10mg daily', asNeededBoolean: true }),
      taken({ text: '10mg daily' })
    ],
    ['above, below', taken({ text: 'One if BM >10' }), taken({ text: 'One if BM <10' })]
  ])('%s', (_, a, b) => expectBothShown(a, b))

  test.each<[string, Said, Said]>([
    [
      'numbers told beside the same words',
      taken({ text: '10mg daily', ...daily(10) }),
      taken({ text: '10mg daily' })
    ],
    ['words for the same numbers', taken(daily(10)), taken({ text: '10 mg once daily' })],
    [
      'required in words and by a flag',
      taken({ text: '10mg daily when required', asNeededBoolean: true }),
      taken({ text: '10mg daily prn' })
    ]
  ])('but not: %s', (_, a, b) => {
    const [group, other] = both(a, b)
    expect(other).toBeUndefined()
    expect(group?.conflicts).toEqual([])
  })
})

const at = '2026-03-01T10:00:00Z'
const result = (value: object) => observation('1001371000000100 A test', undefined, at, value)
const ratio = (value: number) => ({ valueRatio: { numerator: { value: 1 }, denominator: { value } } })
const range = (low: number, high: number) => ({ valueRange: { low: { value: low }, high: { value: high } } })

describe('results differ', () => {
  test.each<[string, object, object]>([
    ['<5, >5', { valueString: '<5' }, { valueString: '>5' }],
    ['+, -', { valueString: '+' }, { valueString: '-' }],
    ['+, +++', { valueString: '+' }, { valueString: '+++' }],
    ['-2, 2', { valueInteger: -2 }, { valueInteger: 2 }],
    ['O +, O -', { valueCodeableConcept: { text: 'O +' } }, { valueCodeableConcept: { text: 'O -' } }],
    ['1:40, 1:640', ratio(40), ratio(640)],
    ['1 to 2, 50 to 60', range(1, 2), range(50, 60)]
  ])('%s', (_, a, b) => expectBothShown(result(a), result(b)))

  test('but not by case and blanks', () => {
    const groups = both(result({ valueString: 'Not  Detected' }), result({ valueString: 'not detected' }))
    expect(groups).toHaveLength(1)
    expect(groups[0]?.conflicts).toEqual([])
  })
})

describe('what is suspected and what is confirmed', () => {
  test.each<[string, Said, Said]>([
    [
      'a differential diagnosis',
      condition('363358000 Lung cancer', { verificationStatus: statusConcept('confirmed') }),
      condition('363358000 Lung cancer', { verificationStatus: statusConcept('differential') })
    ],
    [
      'words with a question mark',
      condition('59282003 Pulmonary embolism'),
      condition('text:? Pulmonary embolism')
    ],
    [
      'a suspected allergy',
      allergy('91936005 Allergy to penicillin'),
      {
        ...allergy('91936005 Allergy to penicillin'),
        code: { ...concept('91936005'), text: '?allergy to penicillin' }
      }
    ]
  ])('%s', (_, a, b) => expectBothShown(a, b))

  test('the confirmed one leads', () => {
    const [group] = both(
      condition('363358000 Lung cancer', { verificationStatus: statusConcept('confirmed') }),
      condition('363358000 Lung cancer', { verificationStatus: statusConcept('differential') })
    )
    expect(group?.lead).toBe('Condition/a')
  })
})

const task = (status: string): Said => ({
  resourceType: 'Task',
  status,
  intent: 'order',
  code: concept('123 Review'),
  owner: { identifier: { system: systems.odsOrganisation, value: 'A1' } },
  executionPeriod: { start: '2026-03-01' }
})
const appointment = (status: string): Said => ({
  resourceType: 'Appointment',
  status,
  serviceType: [concept('123 Clinic')],
  start: '2026-09-01T10:00:00Z'
})

describe('a care service that one source has as open leads one that another has as over', () => {
  test.each([
    ...['accepted', 'received', 'ready', 'draft', 'in-progress', 'on-hold', 'a-new-status'].map(
      (status) => [status, task(status), task('completed')] as const
    ),
    ...['pending', 'checked-in', 'booked'].map(
      (status) => [status, appointment(status), appointment('cancelled')] as const
    )
  ])('%s', (_, open, over) => {
    expectBothShown(open, over)
    expect(both(open, over)[0]?.lead).toMatch(/a$/)
  })

  test('what failed is not what was completed', () => expectBothShown(task('failed'), task('completed')))
})

const daughter = (content: object): Said => ({
  resourceType: 'RelatedPerson',
  name: [{ given: ['Ann'], family: 'Hill' }],
  relationship: [{ text: 'Daughter' }],
  ...content
})

describe('a relative', () => {
  test('whom one source still names leads one whom another has as former', () => {
    const [present, former] = [
      daughter({ active: true }),
      daughter({ active: false, period: { end: '2020-01-01' } })
    ]
    expectBothShown(present, former)
    expect(both(present, former)[0]?.lead).toBe('RelatedPerson/a')
  })

  test('is shown with each of the numbers that sources have', () => {
    expectBothShown(
      daughter({ telecom: [{ value: '01305 1' }] }),
      daughter({ telecom: [{ value: '01305 2' }] })
    )
  })
})

const letter = (...hashes: string[]): Said => ({
  resourceType: 'DocumentReference',
  status: 'current',
  content: hashes.map((hash) => ({ attachment: { hash } }))
})

describe('are two', () => {
  test.each<[string, Said, Said]>([
    ['letters that share a leaflet', letter('A', 'leaflet'), letter('B', 'leaflet')],
    [
      'letters whose file is empty',
      letter('2jmj7l5rSw0yVb/vlWAYkK/YBwk='),
      letter('2jmj7l5rSw0yVb/vlWAYkK/YBwk=')
    ],
    [
      'an attendance and the admission after it, under one number',
      {
        resourceType: 'Encounter',
        status: 'finished',
        class: { code: 'EMER' },
        identifier: [{ system: 'urn:s', value: '1' }]
      },
      {
        resourceType: 'Encounter',
        status: 'finished',
        class: { code: 'IMP' },
        identifier: [{ system: 'urn:s', value: '1' }]
      }
    ]
  ])('%s', (_, a, b) => expect(both(a, b)).toHaveLength(2))

  test('and a letter that came from two sources is one', () => {
    expect(both(letter('A', 'leaflet'), letter('A', 'leaflet'))).toHaveLength(1)
  })
})
