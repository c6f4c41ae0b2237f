import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allOf,
  field,
  firstOf,
  groupsOf,
  isNull,
  part,
  plainText,
  readMessage,
  text
} from '../../src/hl7v2/message.ts'

const header = 'MSH|^~\\&|PAS|RZZ|CHESIL||20261101100000||ADT^A01^ADT_A01|99|P|2.4'
const read = (...lines: readonly string[]) => {
  const message = readMessage([header, ...lines].join('\r'))
  if (!message) throw new Error('unreadable')
  return message
}
const only = (line: string) => read(line).segments[1]

test('the header says who sent what', () => {
  expect(read('PID|1')).toMatchObject({
    type: 'ADT',
    trigger: 'A01',
    structure: 'ADT_A01',
    controlId: '99',
    version: '2.4',
    sendingApplication: 'PAS',
    sendingFacility: 'RZZ'
  })
})

test.each([
  ['ADT', 'EVN|A08|2026', 'A08'],
  ['ADT^A01', 'EVN|A08|2026', 'A01'],
  ['ADT_A03', 'EVN||2026', 'A03'],
  ['adt^a03', 'EVN||2026', 'A03']
])('MSH-9 %s has its trigger, or EVN', (type, event, trigger) => {
  expect(readMessage(`MSH|^~\\&|||||||${type}\r${event}`)).toMatchObject({ type: 'ADT', trigger })
})

test.each([
  ['CR', '\r'],
  ['LF', '\n'],
  ['both', '\r\n'],
  ['empty lines too', '\r\r\n\n']
])('lines end with %s', (_, end) => {
  const message = readMessage([header, 'EVN||2026', 'PID|1||7', ''].join(end))
  expect(message?.segments.map(({ name }) => name)).toEqual(['MSH', 'EVN', 'PID'])
  expect(text(message?.segments[2], 3)).toBe('7')
})

test('line ends may be mixed, and a byte order mark come first', () => {
  const message = readMessage(`\uFEFF\r\n${header}\rEVN||2026\nPID|1\r\nPV1|1`)
  expect(message?.segments.map(({ name }) => name)).toEqual(['MSH', 'EVN', 'PID', 'PV1'])
})

test('a line that does not begin like a segment goes on with the text before it', () => {
  const message = read('NTE|1||first line\nsecond line\n\nthird: PID|x', 'OBX|1')
  expect(message.segments).toHaveLength(3)
  expect(plainText(message.segments[1], 3)).toContain('first line\nsecond line\n\nthird: PID')
})

describe('three capitals on a line of their own', () => {
  const report = 'CHEST:\nNAD\nABDOMEN: 4cm mass; urgent referral advised.'

  test.each([
    ['a result', `OBX|1|TX|CT^CT||${report}||||||F`, 5],
    ['a remark', `NTE|1||${report}`, 3]
  ])('are words of the text of %s, and what comes after them is too', (_, line, number) => {
    const message = read(line, 'OBX|2')
    expect(message.segments.map(({ name }) => name)).toEqual(['MSH', line.slice(0, 3), 'OBX'])
    expect(plainText(message.segments[1], number)).toBe(report)
    expect(text(message.segments[1], 11)).toBe(number === 5 ? 'F' : undefined)
  })

  test.each([
    ['PID|1||7', 'PD1'],
    ['PID|1||7', 'ZPI'],
    ['OBX|1|TX|7', 'NTE'],
    ['NTE|1||7', 'OBR']
  ])('are an empty segment after %s, where they can be nothing else: %s', (line, name) => {
    const message = read(line, name, 'SPM|1')
    expect(message.segments.map((segment) => segment.name)).toEqual(['MSH', line.slice(0, 3), name, 'SPM'])
    expect(text(message.segments[1], 3)).toBe('7')
  })
})

test.each([
  ['nothing', ''],
  ['another format', '<ClinicalDocument/>'],
  ['a segment that is not the header', 'PID|1||7'],
  ['delimiters that are letters', 'MSHa^~\\&a'],
  ['one delimiter for two things', 'MSH|^^\\&|PAS'],
  ['two messages in one', `${header}\rPID|1||7\r${header}\rPID|1||8`]
])('%s is no message', (_, raw) => {
  expect(readMessage(raw)).toBeUndefined()
})

test('delimiters are those that the header names', () => {
  const message = readMessage('MSH#*!?%#PAS%x#RZZ#####ADT*A01\rPID#1##7*a%b!8*c?S?d')
  const pid = firstOf(message?.segments ?? [], 'PID')
  expect(message?.sendingApplication).toBe('PAS')
  expect(field(pid, 3).map((one) => part(one, 2, 1))).toEqual(['a', 'c*d'])
  expect(part(field(pid, 3)[0], 2, 2)).toBe('b')
})

test('a fifth character of MSH-2 delimits nothing', () => {
  const message = readMessage('MSH|^~\\&#|PAS|RZZ|||||ADT^A01\rPID|1||7#8^9')
  expect(text(message?.segments[1], 3)).toBe('7#8')
})

test('an empty field says nothing, and "" takes back', () => {
  const pid = only('PID|1||""||^""^x||')
  expect([isNull(pid, 2), isNull(pid, 3), isNull(pid, 4), isNull(pid, 99)]).toEqual([
    false,
    true,
    false,
    false
  ])
  expect([text(pid, 2), text(pid, 3), text(pid, 5), text(pid, 5, 2), text(pid, 5, 3)]).toEqual([
    ...Array(4).fill(undefined),
    'x'
  ])
  expect([field(pid, 2), field(pid, 3), field(undefined, 3), isNull(undefined, 3)]).toEqual([
    [],
    [],
    [],
    false
  ])
})

test('fields repeat, and have components and parts of these', () => {
  const pid = only('PID|1||7^^^A&1.2&ISO~8^^^B')
  expect(field(pid, 3).map((one) => [part(one), part(one, 4), part(one, 4, 2)])).toEqual([
    ['7', 'A', '1.2'],
    ['8', 'B', undefined]
  ])
  expect(part(field(pid, 3)[0], 4, 0)).toBe('A&1.2&ISO')
})

test('a plain text keeps delimiters that its sender forgot to escape', () => {
  const obx = only('OBX|1|TX|||Pain & fever ^ rash ~ again')
  expect(plainText(obx, 5)).toBe('Pain & fever ^ rash ~ again')
})

test('segments are found by name, and in groups', () => {
  const { segments } = read('PID|1', 'MRG|a', 'PID|2', 'PV1|1', 'MRG|b')
  expect(allOf(segments, 'MRG')).toHaveLength(2)
  expect(groupsOf(segments, 'PID').map((group) => group.map(({ name }) => name))).toEqual([
    ['PID', 'MRG'],
    ['PID', 'PV1', 'MRG']
  ])
})

describe('escapes', () => {
  test.each([
    ['delimiters', 'a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f', 'a|b^c&d~e\\f'],
    ['one after the other', '\\T\\\\T\\', '&&'],
    ['an escape that is itself escaped', '\\E\\T\\E\\', '\\T\\'],
    ['line breaks', 'one\\.br\\two\\.sp2\\three\\.ce\\four', 'one\ntwo\n\nthree\nfour'],
    ['spaces and indents', 'a\\.sk 3\\b\\.in+4\\c\\.ti-2\\d\\.fi\\e\\.nf\\f', 'a   bcdef'],
    ['highlights', 'not \\H\\very\\N\\ well', 'not very well'],
    ['bytes', 'a\\X0D0A\\b\\X41\\', 'a\nbA'],
    ['bytes of UTF-8', 'caf\\XC3A9\\', 'café'],
    ['bytes of Latin 1', 'caf\\XE9\\', 'café'],
    ['character sets, which are the listener’s affair', '\\C2842\\a\\M2428FF\\', 'a'],
    ['what is no escape', 'C:\\temp\\x', 'C:\\temp\\x'],
    ['one that is not closed', 'half \\F', 'half \\F'],
    ['local ones', 'a\\Z01\\b', 'a\\Z01\\b'],
    ['bytes that no text may have', 'a\\X00\\b\\X1B\\c', 'abc'],
    ['two escapes with a text between them that reads like one', '\\T\\F\\T\\', '&F&']
  ])('%s', (_, raw, expected) => {
    expect(plainText(only(`OBX|1|TX|||${raw}`), 5)).toBe(expected)
  })

  test('are not undone before a field is split', () => {
    expect(text(only('PID|1||7\\S\\8^x'), 3)).toBe('7^8')
  })
})

test('whatever is sent, reading does not throw, and no text has what FHIR forbids', () => {
  const noise = fc.string({ unit: fc.constantFrom(...'|^~\\&"\r\n\0\u001bMSHPID1X.brCé\ud800') })
  void fc.assert(
    fc.property(noise, noise, (before, after) => {
      const message = readMessage(`MSH${before}${after}`) ?? readMessage(`MSH|^~\\&|${after}\rPID|${before}`)
      for (const segment of message?.segments ?? []) {
        for (const number of [1, 2, 3, 5]) {
          const found = plainText(segment, number) ?? ''
          expect(found.isWellFormed()).toBe(true)
          expect(found).not.toMatch(/[^\P{Cc}\t\n\r\u007f-\u009f]/u)
        }
      }
    }),
    { numRuns: 1_000 }
  )
})
