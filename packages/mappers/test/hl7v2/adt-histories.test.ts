import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultsIn } from './faults.ts'
import { foldAll, message } from './sending.ts'

/** One message of a history about two stays of one person; minutes and seconds may be the same in several. */
const anEvent = fc.record({
  trigger: fc.constantFrom(
    ...['A01', 'A02', 'A03', 'A04', 'A05', 'A06', 'A07', 'A08', 'A08', 'A11', 'A12', 'A13', 'A21', 'A22'],
    ...['A23', 'A28', 'A29', 'A31', 'A38', 'A60']
  ),
  minute: fc.integer({ min: 10, max: 20 }),
  occurred: fc.option(fc.integer({ min: 10, max: 30 }), { nil: undefined }),
  ward: fc.constantFrom('', '""', 'W1^R1', 'W2', 'W3^^B3'),
  class: fc.constantFrom('I', 'O', 'E', '', '""', 'Q'),
  consultant: fc.constantFrom('', '""', 'C1234567^Hill^Sam', 'x1^Bay'),
  visit: fc.constantFrom('77', '78'),
  admitted: fc.constantFrom('', '""', '202611011000', '20261103', 'nonsense'),
  ended: fc.constantFrom('', '""', '202611011100', '20261102', '202610310000'),
  died: fc.constantFrom('|', '20261101|Y', '""|N', '|Y'),
  more: fc.subarray([
    'AL1|1|DA|Penicillin|MO|Rash',
    'NK1|1|WINTER^Bo',
    'DG1|1||N39^x^I10||2026|F',
    'PR1|1||H22^y^OPCS4||20261105'
  ])
})
type Told = typeof anEvent extends fc.Arbitrary<infer T> ? T : never

const toText = (told: Told): string => {
  const { trigger, minute, occurred, ward, consultant, visit, admitted, ended, died, more } = told
  const pv1 = `PV1|1|${told.class}|${ward}||||${consultant}||||||||||||${visit}${'|'.repeat(25)}${admitted}|${ended}`
  const evn = `EVN||2026110110${minute}||||${occurred === undefined ? '' : `2026110110${occurred}`}`
  return message(trigger, evn, `PID|1||7||WINTER^Ada||1950|2${'|'.repeat(21)}${died}`, pv1, ...more)
}

const toState = (texts: readonly string[]): string =>
  JSON.stringify([...foldAll(texts)].sort(([a], [b]) => (a < b ? -1 : 1)))

describe('histories of a person’s stays', () => {
  const histories = fc.array(anEvent, { minLength: 2, maxLength: 14 })

  test('come to one state, in whatever order and however often their messages arrive', () => {
    void fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), (history, randoms) => {
        const texts = history.map(toText)
        const arriving = [...texts, ...texts.filter((_, at) => at % 2 === 0)]
          .map((text) => [Number(randoms.next().value), text] as const)
          .sort(([a], [b]) => a - b)
          .map(([, text]) => text)
        expect(toState(arriving)).toBe(toState(texts))
      }),
      { numRuns: 600 }
    )
  })

  test('come to valid resources', () => {
    void fc.assert(
      fc.property(histories, (history) => {
        const texts = history.map(toText)
        expect(faultsIn(foldAll(texts))).toEqual([])
      }),
      { numRuns: 250 }
    )
  })
})

test.each([
  ['A08 before A01', ['A01', 'A08'], 'in-progress'],
  ['A11 after A01', ['A01', 'A11'], 'cancelled'],
  ['A13 after A03', ['A01', 'A03', 'A13'], 'in-progress'],
  ['a discharge after one that was taken back', ['A01', 'A03', 'A13', 'A03'], 'finished'],
  ['a transfer that was taken back', ['A01', 'A02', 'A12', 'A03'], 'finished']
])('%s: every order of arrival comes to the same', (_, triggers, status) => {
  const texts = triggers.map((trigger, at) =>
    message(trigger, `EVN||20261101101${at}`, 'PID|1||7', `PV1|1|I|W${at}||||||||||||||||77`)
  )
  for (const order of permutations(texts)) {
    expect(toState(order)).toBe(toState(texts))
    expect(foldAll(order).get('Encounter/visit/77')).toMatchObject({ status })
  }
})

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((first, at) => permutations(items.toSpliced(at, 1)).map((rest) => [first, ...rest]))
