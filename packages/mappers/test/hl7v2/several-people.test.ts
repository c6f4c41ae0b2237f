import { expect, test } from 'vitest'
import { mapped } from './sending.ts'

const send = (type: string, ...segments: readonly string[]) =>
  mapped([`MSH|^~\\&|LAB|RZZ|||20261101100000||${type}|1|P|2.5`, ...segments].join('\r')).parts

test('results of two people in one message are each one’s own', () => {
  const parts = send(
    'ORU^R01',
    ...['PID|1||7', 'OBR|1||F1|GLU^Glucose^L', 'OBX|1|NM|GLU^Glucose^L||5.1|mmol/L|||||F'],
    ...['PID|2||8', 'OBR|1||F2|K^Potassium^L', 'OBX|1|NM|K^Potassium^L||4.2|mmol/L|||||F']
  )
  expect(parts.map(({ subject }) => subject.local.value)).toEqual(['7', '8'])
  const written = parts.map(({ contribution }) => JSON.stringify(contribution))
  expect(written.map((text) => [text.includes('Glucose'), text.includes('Potassium')])).toEqual([
    [true, false],
    [false, true]
  ])
})

test('what belongs to an appointment is everybody’s who is to come', () => {
  const parts = send('SIU^S12', 'SCH|P1|A1', 'PID|1||7', 'PID|2||8', 'RGS|1', 'AIL|1|A|CLINIC 4')
  const written = parts.map(({ contribution }) => JSON.stringify(contribution))
  expect(written.map((text) => text.includes('CLINIC 4'))).toEqual([true, true])
})

test('a person without a number is left out, the others are not, and their readers are told', () => {
  const parts = send('ORU^R01', 'PID|1||""', 'OBX|1|TX|a||secret', 'PID|2||8', 'OBX|1|TX|a||plain||||||F')
  expect(parts.map(({ subject }) => subject.local.value)).toEqual(['8'])
  expect(JSON.stringify(parts)).not.toContain('secret')
  expect(parts[0]?.contribution.quarantined).toEqual([
    { reason: 'no-subject', resourceType: 'Patient', sections: ['demographics'], expression: 'PID-3' }
  ])
})
