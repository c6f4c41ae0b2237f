import { expect, test } from 'vitest'
import { ada, current, currentItems, isDegraded, received } from './received.ts'

/** The one result of a report. */
const result = (obx: string, ...after: string[]) =>
  current(
    'Observation',
    received('ORU^R01', 1, ada, 'OBR|1||F1|T^Test^L|||||||||||||||||||||F', obx, ...after)
  )

const value = (type: string, given: string, unit = '', range = '') =>
  result(`OBX|1|${type}|C^Code^L||${given}|${unit}|${range}||||F`)

test.each([
  [
    'NM',
    '4.06',
    'mmol/L',
    { value: 4.06, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' }
  ],
  ['NM', '+3', '', { value: 3 }],
  ['NM', '<0.5', 'x10\\S\\9/L', { value: 0.5, comparator: '<', unit: 'x10^9/L', code: '10*9/L' }],
  ['NM', '>= 100', 'iu/L', { value: 100, comparator: '>=', code: '[iU]/L' }],
  ['SN', '>^100', 'mg/L', { value: 100, comparator: '>' }],
  ['SN', '^7', 'mg/L', { value: 7 }],
  ['ST', '4.5', 'mmol/L', { value: 4.5, code: 'mmol/L' }]
])('%s %s %s is a quantity', (type, given, unit, quantity) => {
  expect(value(type, given, unit)['valueQuantity']).toMatchObject(quantity)
})

test('a unit that is not known has no code', () => {
  expect(value('NM', '4', 'wibbles')['valueQuantity']).toEqual({ value: 4, unit: 'wibbles' })
})

test('the noughts of 10.00 are kept beside the number', () => {
  expect(value('NM', '10.00')['valueQuantity']).toEqual({
    value: 10,
    _value: {
      extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/quantity-precision', valueInteger: 2 }]
    }
  })
})

test.each([
  ['NM', '12345678901234567890', 'g'],
  ['NM', 'haemolysed', ''],
  ['SN', '^1^+', ''],
  ['DT', 'soon', '']
])('%s %s is no such value: it is kept as text, and the item is marked', (type, given, unit) => {
  const item = value(type, given, unit)
  expect(item['valueString']).toContain(given.replaceAll('^', ' ').trim())
  expect(isDegraded(item)).toBe(true)
})

test.each([
  [
    'CWE',
    '260385009^Negative^SCT',
    { valueCodeableConcept: { coding: [{ code: '260385009' }], text: 'Negative' } }
  ],
  ['SN', '^1^:^128', { valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } }],
  ['SN', '^5^-^10', { valueRange: { low: { value: 5 }, high: { value: 10 } } }],
  ['TS', '20261101', { valueDateTime: '2026-11-01' }],
  ['TM', '0930', { valueTime: '09:30:00' }],
  ['FT', 'one\\.br\\two', { valueString: 'one\ntwo' }],
  ['TX', 'about ~5 cm & more', { valueString: 'about ~5 cm & more' }],
  ['HD', '1.2.840', { valueString: '1.2.840' }]
])('%s %s', (type, given, element) => {
  expect(value(type, given)).toMatchObject(element)
})

test('several values of one result are its components', () => {
  const item = value('NM', '60~120', 'mmHg')
  expect(item['component'].map((one: { valueQuantity: object }) => one.valueQuantity)).toMatchObject([
    { value: 60 },
    { value: 120 }
  ])
  expect(item['valueQuantity']).toBeUndefined()
})

test.each([
  ['3.5-5.0', { low: { value: 3.5, code: 'g/L' }, high: { value: 5 } }],
  ['4.3 to 6.2', { low: { value: 4.3 }, high: { value: 6.2 } }],
  ['-2 - 2', { low: { value: -2 }, high: { value: 2 } }],
  ['<0.50', { high: { value: 0.5 } }],
  ['>= 60', { low: { value: 60 } }]
])('the reference range %s has bounds, and its words', (range, bounds) => {
  expect(value('NM', '4', 'g/L', range)['referenceRange']).toMatchObject([{ text: range, ...bounds }])
})

test.each(['Negative', 'Recommended: <200; High Risk: >240', '7-3', '<0.50 IU/mL'])(
  'the reference range %s is words alone',
  (range) => {
    expect(value('NM', '4', 'g/L', range)['referenceRange']).toEqual([{ text: range }])
  }
)

test.each([
  ['H', [{ coding: [{ code: 'H', display: 'High' }] }]],
  ['LL~A^^HL70078', [{ coding: [{ code: 'LL' }] }, { coding: [{ code: 'A' }] }]]
])('the interpretation %s is one of FHIR’s', (given, coded) => {
  expect(result(`OBX|1|NM|C^Code^L||4|||${given}|||F`)['interpretation']).toMatchObject(coded)
})

test('an interpretation of the laboratory’s own stays one, and is marked', () => {
  const item = result('OBX|1|NM|C^Code^L||4|||Z9|||F')
  expect(item['interpretation']).toMatchObject([{ text: 'Z9' }])
  expect(isDegraded(item)).toBe(true)
})

test.each([
  ['F', 'final'],
  ['C', 'corrected'],
  ['U', 'final'],
  ['P', 'preliminary'],
  ['R', 'preliminary'],
  ['S', 'preliminary'],
  ['I', 'registered'],
  ['O', 'registered'],
  ['X', 'cancelled'],
  ['N', 'cancelled'],
  ['', 'final'],
  ['?', 'unknown']
])('OBX-11 %j is %s', (code, status) => {
  expect(result(`OBX|1|NM|C^Code^L||4||||||${code}`)['status']).toBe(status)
})

test.each([
  ['X', 'error'],
  ['I', 'temp-unknown'],
  ['N', 'not-asked'],
  ['F', 'unknown']
])('a result of status %s without a value says why: %s', (code, reason) => {
  expect(result(`OBX|1|NM|C^Code^L||||||||${code}`)['dataAbsentReason'].coding).toMatchObject([
    { code: reason }
  ])
})

test('remarks, the time, who did it and how are kept', () => {
  const obx =
    'OBX|1|NM|C^Code^L||4||||||F|||202611010815||C7654321^Lab^Lee|M1^Method^L|D^Analyser|||||Laboratory'
  expect(result(obx, 'NTE|1||First line', 'NTE|2||', 'NTE|3||third')).toMatchObject({
    effectiveDateTime: '2026-11-01T08:15:00+00:00',
    performer: [{ display: 'Laboratory' }, { display: 'Lee Lab' }],
    method: { text: 'Method' },
    device: { display: 'Analyser' },
    note: [{ text: 'First line\n\nthird' }]
  })
})

const report = (...obx: string[]) =>
  [...currentItems(received('ORU^R01', 1, ada, 'OBR|1||F1|T^Test^L|||||||||||||||||||||F', ...obx))]
    .filter(([name]) => name.startsWith('Observation'))
    .map(([, item]) => item)

test('texts of one code and sub-id are the lines of one text', () => {
  const lines = ['One', '', 'three'].map((line, at) => `OBX|${at + 1}|TX|C^Comment^L|1|${line}||||||F`)
  expect(report(...lines)).toMatchObject([{ valueString: 'One\n\nthree', status: 'final' }])
})

test('texts without a code whose names differ in their number are one text of the report', () => {
  const lines = ['One', 'two'].map((line, at) => `OBX|${at + 1}|TX|^Report Line ${at + 1}||${line}||||||F`)
  expect(report(...lines)).toMatchObject([{ valueString: 'One\ntwo', code: { text: 'Test' } }])
})

test('a text is as settled as its least settled line', () => {
  const lines = ['F', 'P', 'F'].map((status, at) => `OBX|${at + 1}|TX|C^Comment^L|1|x||||||${status}`)
  expect(report(...lines)).toMatchObject([{ status: 'preliminary' }])
})

test('a line that is withdrawn is not in the text', () => {
  const lines = ['F', 'D'].map((status, at) => `OBX|${at + 1}|TX|C^Comment^L|1|line ${at}||||||${status}`)
  expect(report(...lines)).toMatchObject([{ valueString: 'line 0' }])
})

test('two numbers of one code and sub-id stay two results', () => {
  const obx = ['4', '5'].map((number, at) => `OBX|${at + 1}|NM|GLU^Glucose^L||${number}|mmol/L|||||F`)
  expect(report(...obx).map((item) => item['valueQuantity'].value)).toEqual([4, 5])
})

test('of a result that is taken back and one of the same name, the latter goes by it', () => {
  const obx = ['D', 'F'].map((status, at) => `OBX|1|NM|GLU^Glucose^L||${at}|mmol/L|||||${status}`)
  const items = currentItems(
    received('ORU^R01', 1, ada, 'OBR|1||F1|T^Test^L', 'OBX|1|NM|GLU^Glucose^L||9|mmol/L|||||F'),
    received('ORU^R01', 2, ada, 'OBR|1||F1|T^Test^L', ...obx)
  )
  expect(
    [...items].flatMap(([name, item]) =>
      name.startsWith('Obs') ? [[name, item['valueQuantity'].value]] : []
    )
  ).toEqual([['Observation/result/F1/T/GLU/', 1]])
})
