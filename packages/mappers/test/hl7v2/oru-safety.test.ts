import { describe, expect, test } from 'vitest'
import { ada, current, currentItems, isDegraded, quarantinedIn, received } from './received.ts'
import { partOf } from './sending.ts'

const obr = (minute: number, status = 'F') =>
  `OBR|1|P1|F1|FBC^Full blood count^L|||202611010800${'|'.repeat(15)}2026110109${10 + minute}||HM|${status}`
const obx = (code: string, value: string, status: string, type = 'NM', unit = 'g/L') =>
  `OBX|1|${type}|${code}^${code}^L||${value}|${unit}|1-9|H|||${status}`
const oru = (minute: number, ...segments: string[]) => received('ORU^R01', minute, ada, ...segments)
const results = (...texts: string[]) =>
  [...currentItems(...texts)].flatMap(([name, item]) => (name.startsWith('Observation/') ? [item] : []))

describe('a status without a value (U: final, without retransmission)', () => {
  const first = oru(1, obr(1, 'P'), obx('HB', '140', 'P'))
  const settled = oru(2, obr(2), obx('HB', '', 'U'))

  test.each([
    ['in order', [first, settled]],
    ['the later first', [settled, first]]
  ])('keeps the value: %s', (_, texts) => {
    expect(results(...texts)).toMatchObject([
      { status: 'final', valueQuantity: { value: 140 }, referenceRange: [{ text: '1-9' }] }
    ])
  })

  test('gives way to a later value', () => {
    const later = oru(3, obr(3, 'C'), obx('HB', '104', 'C'))
    expect(results(later, settled, first)).toMatchObject([
      { status: 'corrected', valueQuantity: { value: 104 } }
    ])
  })

  test('with a value is a result like others', () => {
    expect(results(first, oru(2, obr(2), obx('HB', '141', 'U')))).toMatchObject([
      { status: 'final', valueQuantity: { value: 141 } }
    ])
  })
})

test('a later value of another kind takes the place of the earlier one, and of why there was none', () => {
  const first = oru(1, obr(1, 'P'), obx('HB', '', 'I'))
  const then = oru(2, obr(2), obx('HB', '14', 'P'))
  const last = oru(3, obr(3, 'C'), obx('HB', 'Clotted', 'C', 'TX', ''))
  const [item] = results(first, then, last)
  expect(item).toMatchObject({ valueString: 'Clotted' })
  for (const name of ['valueQuantity', 'dataAbsentReason']) expect(item).not.toHaveProperty(name)
})

test('what could not be read of a result stands in its notes until a later message has no such thing', () => {
  const odd = oru(1, obr(1), obx('HB', 'lots', 'F'))
  const [item] = results(odd)
  expect(item?.['note']).toHaveLength(1)
  expect(isDegraded(item ?? {})).toBe(true)
  const [mended] = results(odd, oru(2, obr(2, 'C'), obx('HB', '14', 'C')))
  expect(mended).not.toHaveProperty('note')
  expect(isDegraded(mended ?? {})).toBe(false)
})

describe('a unit that is a power of ten', () => {
  test.each([
    ['10^9/L', '10*9/L'],
    ['x10^9/L', '10*9/L'],
    ['* 10^12/L', '10*12/L'],
    ['X 10^9/l', '10*9/L']
  ])('%s, unescaped, is taken whole, and its range with it', (unit, code) => {
    const [item] = results(oru(1, obr(1), obx('WBC', '6.1', 'F', 'NM', unit)))
    expect(item).toMatchObject({
      valueQuantity: { value: 6.1, unit, code },
      referenceRange: [{ low: { unit, code }, high: { code } }]
    })
  })

  test('of which there is no code has none, and is not ten', () => {
    const [item] = results(oru(1, obr(1), obx('WBC', '6.1', 'F', 'NM', '10^7/field')))
    expect(item?.['valueQuantity']).toEqual({ value: 6.1, unit: '10^7/field' })
  })

  test('that is coded stays coded', () => {
    const [item] = results(oru(1, obr(1), obx('WBC', '6.1', 'F', 'NM', '10*9/L^billions^UCUM')))
    expect(item?.['valueQuantity'].code).toBe('10*9/L')
  })
})

describe('a result of the wrong person', () => {
  const both = oru(1, obr(1), obx('HB', '140', 'F'), obx('WBC', '6.1', 'F'))

  test('goes alone: the report and its other results stay', () => {
    const withdrawal = oru(2, obr(2, 'C'), obx('HB', '', 'W'))
    const items = currentItems(both, withdrawal)
    expect(items.get('DiagnosticReport/report/F1/FBC')).toMatchObject({
      status: 'corrected',
      result: [{ reference: expect.any(String) }]
    })
    expect(results(both, withdrawal)).toHaveLength(1)
    expect(quarantinedIn(withdrawal)).toMatchObject([
      { reason: 'wrong-patient', resourceType: 'Observation', expression: 'OBX-11' }
    ])
  })

  test.each(['D', 'W'])(
    'and every other one withdrawn with %s: the report says so, and not that it is final',
    (code) => {
      const texts = [both, oru(2, obr(2), obx('HB', '', code), obx('WBC', '', code))]
      for (const order of [texts, texts.toReversed()]) {
        expect(current('DiagnosticReport', ...order)).toMatchObject({ status: 'entered-in-error' })
        expect(current('DiagnosticReport', ...order)).not.toHaveProperty('result')
        expect(results(...order)).toEqual([])
      }
    }
  )

  const file = obx('R', '^IM^PDF^Base64^JVBERi0xLjQK', 'F', 'ED', '')
  const erasedIn = (text: string) =>
    partOf(text).contribution.entries.flatMap(({ resourceType, erases }) => (erases ? [resourceType] : []))

  test.each([
    ['the result', oru(2, obr(2, 'C'), obx('HB', '', 'W'), obx('WBC', '6.1', 'F')), ['Observation']],
    ['the file', oru(2, obr(2, 'C'), file.replace(/F$/, 'W')), ['DocumentReference', 'Binary']],
    [
      'a text, one line of it',
      oru(2, obr(2), obx('C', 'a', 'D', 'TX'), obx('C', 'b', 'W', 'TX')),
      ['Observation']
    ],
    [
      'the report',
      oru(2, obr(2, 'W'), obx('HB', '140', 'F'), file),
      ['DiagnosticReport', 'Observation', 'DocumentReference', 'Binary']
    ]
  ])('is gone from the history of %s', (_, text, erased) => {
    expect(erasedIn(text)).toEqual(erased)
    expect(erasedIn(text.replaceAll(/W$/gm, 'D'))).toEqual([])
  })
})

test('one number for two services does not make one result of two', () => {
  const other = obr(1).replace('FBC^Full blood count', 'UE^Urea')
  const text = oru(1, obr(1), obx('COM', 'a', 'F', 'TX', ''), other, obx('COM', 'b', 'F', 'TX', ''))
  const names = [...currentItems(text).keys()].filter((name) => name.startsWith('Obs'))
  expect(names).toEqual(['Observation/result/F1/FBC/COM/', 'Observation/result/F1/UE/COM/'])
  const again = [...currentItems(oru(2, other, obx('COM', 'b', 'F', 'TX', ''))).keys()]
  expect(again).toContain('Observation/result/F1/UE/COM/')
})

test.each([
  ...['A', 'M', 'R', 'P'].map((code) => [code, 'preliminary']),
  ...['I', 'O', 'S', 'N'].map((code) => [code, 'registered']),
  ...[
    ['F', 'final'],
    ['C', 'corrected'],
    ['X', 'cancelled']
  ]
])('a result without a status in a report that is %s is %s', (code, status) => {
  expect(results(oru(1, obr(1, code), obx('HB', '14', '')))).toMatchObject([{ status }])
})

describe('several rows of one code', () => {
  test('that have units are several results', () => {
    const rows = ['4.5', '5.5'].map((value) => obx('GLU', value, 'F', 'ST', 'mmol/L'))
    expect(results(oru(1, obr(1), ...rows)).map((item) => item['valueQuantity'].value)).toEqual([4.5, 5.5])
  })

  test('that are text leave out the lines that could not be had, unless these are all', () => {
    const rows = ['X', 'F'].map((status) => obx('COM', `line ${status}`, status, 'TX', ''))
    expect(results(oru(1, obr(1), ...rows))).toMatchObject([{ valueString: 'line F', status: 'final' }])
    expect(results(oru(1, obr(1), ...rows.slice(0, 1)))).toMatchObject([{ status: 'cancelled' }])
  })
})

test('remarks after the person and after the order stand in the notes of the report', () => {
  const text = oru(
    1,
    'NTE|1||About her',
    'ORC|RE|P1|F1',
    'NTE|1||About it',
    obr(1),
    'NTE|1||Seen',
    obx('HB', '14', 'F')
  )
  expect(current('DiagnosticReport', text)['extension'][0].valueAnnotation.text).toBe(
    'About her\nAbout it\nSeen'
  )
  const second = 'OBR|2|P2|F2|UE^Urea^L'
  const two = oru(1, obr(1), obx('HB', '14', 'F'), 'ORC|RE|P2|F2', 'NTE|1||Of the second', second)
  expect(results(two)[0]).not.toHaveProperty('note')
})

test.each([
  ['X', { status: 'entered-in-error', docStatus: 'entered-in-error' }],
  ['?', { status: 'current', docStatus: 'preliminary' }],
  ['F', { status: 'current', docStatus: 'final' }]
])('a file whose status is %s', (status, expected) => {
  const file = `OBX|1|ED|R^Report^L||^IM^PDF^Base64^JVBERi0xLjQK||||||${status}`
  expect(current('DocumentReference', oru(1, obr(1), file))).toMatchObject(expected)
})
