import { concept, observation } from '../items.ts'
import type { Scenario } from './labelled.ts'

const of = [
  '1022431000000105 Haemoglobin estimation',
  '1000661000000107 Serum sodium level',
  '1022541000000102 Total white cell count',
  '27113001 Body weight'
]
const filler = (value: string) => ({ identifier: [{ system: 'https://lab.test/Id/result', value }] })
const at = '2026-03-05T10:15:00Z'
const report = (content: object) => ({
  resourceType: 'DiagnosticReport' as const,
  status: 'final',
  code: concept('26604007 Full blood count'),
  ...content
})
const given = (vaccine: string, day: string | undefined, content: object = {}) => ({
  resourceType: 'Immunization' as const,
  status: 'completed',
  vaccineCode: concept(vaccine),
  ...(day && { occurrenceDateTime: day }),
  ...content
})
const vaccines = [
  '11278411000001109 Influenza vaccine',
  '39114911000001105 COVID-19 Vaccine Vaxzevria',
  '38598009 MMR'
]
const done = (code: string, day: string, content: object = {}) => ({
  resourceType: 'Procedure' as const,
  status: 'completed',
  code: concept(code),
  performedDateTime: day,
  ...content
})
const operations = ['80146002 Appendectomy', '38102005 Cholecystectomy', '52734007 Total hip replacement']
const side = (code: string) => ({ bodySite: [concept(code)] })

export const resultScenarios: readonly Scenario[] = [
  {
    label: 'same',
    why: 'The laboratory’s result, at the practice and at the hospital',
    of,
    pair: (c) => [observation(c, 5.1, at), observation(c, 5.1, at)]
  },
  {
    label: 'same',
    why: 'One has the minute, the other the day',
    of,
    pair: (c) => [observation(c, 5.1, at), observation(c, 5.1, '2026-03-05')]
  },
  {
    label: 'same',
    why: 'Midnight is how a system writes a day',
    hard: true,
    of,
    pair: (c) => [observation(c, 5.1, at), observation(c, 5.1, '2026-03-05T00:00:00Z')]
  },
  {
    label: 'same',
    why: 'The same instant in another zone',
    hard: true,
    of,
    pair: (c) => [
      observation(c, 5.1, '2026-06-05T10:15:00+01:00'),
      observation(c, 5.1, '2026-06-05T09:15:00Z')
    ]
  },
  {
    label: 'same',
    why: 'A unit in capitals',
    hard: true,
    of,
    pair: (c) => [
      observation(c, 5.1, at),
      observation(c, 5.1, at, { valueQuantity: { value: 5.1, unit: 'mmol/l' } })
    ]
  },
  {
    label: 'conflict',
    why: 'Another value at exactly that instant',
    of,
    pair: (c) => [observation(c, 5.1, at), observation(c, 6.4, at)]
  },
  {
    label: 'conflict',
    why: 'One number of the laboratory, corrected in one place',
    hard: true,
    of,
    pair: (c) => [
      observation(c, 5.1, at, filler('77')),
      observation(c, 5.4, at, { ...filler('77'), status: 'corrected' })
    ]
  },
  {
    label: 'conflict',
    why: 'Preliminary here, final there',
    hard: true,
    of,
    pair: (c) => [observation(c, 5.1, at, { status: 'preliminary' }), observation(c, 5.1, at)]
  },
  {
    label: 'different',
    why: 'Another value on that day: measured twice',
    hard: true,
    of,
    pair: (c) => [observation(c, 5.1, '2026-03-05'), observation(c, 6.4, '2026-03-05')]
  },
  {
    label: 'different',
    why: 'The same value, some hours later',
    hard: true,
    of,
    pair: (c) => [observation(c, 5.1, at), observation(c, 5.1, '2026-03-05T16:40:00Z')]
  },
  {
    label: 'different',
    why: 'The same value on the next day',
    of,
    pair: (c) => [observation(c, 5.1, '2026-03-05'), observation(c, 5.1, '2026-03-06')]
  },
  {
    label: 'different',
    why: 'Another test',
    of,
    pair: (c) => [observation(c, 5.1, at), observation('1022651000000100 Platelet count', 5.1, at)]
  },
  {
    label: 'different',
    why: 'Twice from one source',
    oneSource: true,
    hard: true,
    of,
    pair: (c) => [observation(c, 5.1, at), observation(c, 5.1, at)]
  },
  {
    label: 'different',
    why: 'Another unit on that day',
    hard: true,
    of,
    pair: (c) => [
      observation(c, 5, '2026-03-05'),
      observation(c, 5, '2026-03-05', { valueQuantity: { value: 5, unit: 'g/L' } })
    ]
  },
  {
    label: 'same',
    why: 'One report by its number',
    of: ['1', '2', '3'],
    pair: (n) => [report(filler(n)), report({ ...filler(n), effectiveDateTime: at })]
  },
  {
    label: 'different',
    why: 'Reports of one day, of two specimens',
    hard: true,
    of: ['1', '2'],
    pair: () => [report({ effectiveDateTime: at }), report({ effectiveDateTime: '2026-03-05T17:00:00Z' })]
  },
  {
    label: 'conflict',
    why: 'One report, preliminary here',
    of: ['1', '2'],
    pair: (n) => [report(filler(n)), report({ ...filler(n), status: 'preliminary' })]
  },
  {
    label: 'same',
    why: 'One vaccine on one day, at the pharmacy and in the practice’s record',
    of: vaccines,
    pair: (c) => [given(c, '2025-10-02'), given(c, '2025-10-02T11:00:00Z')]
  },
  {
    label: 'same',
    why: 'One lot on one day, under two names',
    hard: true,
    of: vaccines,
    pair: (c) => [
      given(c, '2025-10-02', { lotNumber: 'AB 12' }),
      given('999 Vaccine', '2025-10-02', { lotNumber: 'ab12' })
    ]
  },
  {
    label: 'different',
    why: 'One lot, and another day: two doses',
    hard: true,
    of: vaccines,
    pair: (c) => [
      given(c, '2025-10-02', { lotNumber: 'AB12' }),
      given(c, '2025-10-30', { lotNumber: 'AB12' })
    ]
  },
  {
    label: 'different',
    why: 'Last year’s and this year’s',
    of: vaccines,
    pair: (c) => [given(c, '2024-10-02'), given(c, '2025-10-02')]
  },
  {
    label: 'different',
    why: 'Given on a day that nobody knows',
    hard: true,
    of: vaccines,
    pair: (c) => [given(c, undefined), given(c, '2025-10-02')]
  },
  {
    label: 'conflict',
    why: 'Given, and refused on that day',
    hard: true,
    of: vaccines,
    pair: (c) => [given(c, '2025-10-02'), given(c, '2025-10-02', { status: 'not-done' })]
  },
  {
    label: 'same',
    why: 'One operation on one day',
    of: operations,
    pair: (c) => [done(c, '2012-06-07'), done(c, '2012-06')]
  },
  {
    label: 'different',
    why: 'The other side',
    hard: true,
    of: operations,
    pair: (c) => [done(c, '2012-06-07', side('7771000 Left')), done(c, '2012-06-07', side('24028007 Right'))]
  },
  {
    label: 'different',
    why: 'Done again years later',
    of: operations,
    pair: (c) => [done(c, '2012-06-07'), done(c, '2019-06-07')]
  },
  {
    label: 'conflict',
    why: 'Done, and not done',
    of: operations,
    pair: (c) => [done(c, '2012-06-07'), done(c, '2012-06-07', { status: 'not-done' })]
  }
]
