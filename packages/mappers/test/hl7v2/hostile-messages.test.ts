import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hl7v2ToContributions } from '../../src/hl7v2/hl7v2-to-contribution.ts'
import { faultsIn } from './faults.ts'
import { foldAll, mapped, message, pid, sending, stay } from './sending.ts'

const faultsOf = (text: string) => faultsIn(foldAll([text]))

const fields = (name: string, value: string, count = 60) => `${name}${`|${value}`.repeat(count)}`
const everywhere = (value: string) => [
  'EVN||202611011000',
  `PID|1||7||${Array(56).fill(value).join('|')}`,
  ...['PD1', 'NK1', 'PV1', 'PV2', 'AL1', 'IAM', 'DG1', 'PR1', 'MRG', 'OBX', 'ZU1'].map((name) =>
    fields(name, value)
  )
]

test.each([
  ['names of prototypes', '__proto__'],
  ['names of functions', 'constructor'],
  ['markup', '<script>alert(1)</script>'],
  ['control characters', 'a\u0000b\u0007c\u001b'],
  ['half of a character', 'a\ud800b'],
  ['escapes of everything', '\\F\\\\S\\\\T\\\\R\\\\E\\\\X00\\\\.br\\'],
  ['delimiters', '^^^^&&&~~~^&'],
  ['nulls', '""'],
  ['nulls in components', '""^""^""'],
  ['a number', '123'],
  ['a date', '20261101'],
  ['a date that there is not', '20261399256199'],
  ['addresses of servers', 'https://example.org/a b'],
  ['an address as code and system', 'https://a.b/c^d^https://e.f/g'],
  ['codes with a space too many', 'a  b^c^SCT'],
  ['blanks that are no spaces', '\u00a0\u2003\ufeff'],
  ['right to left', '\u202eabc']
])('%s in every field come to valid resources', (_, value) => {
  for (const trigger of ['A01', 'A03', 'A08', 'A13', 'A31', 'A40', 'A45', 'A60']) {
    expect(faultsOf(message(trigger, ...everywhere(value)))).toEqual([])
  }
  expect(Object.getPrototypeOf({})).not.toHaveProperty('polluted')
})

test('a line break in a number or a name of an item is no line break of ours: the rest of the message is taken', () => {
  const broken = '12\\.br\\3'
  const lines = [pid, `PV1|1|I|||||||||||||||||${broken}`, `DG1|1||${broken}`, `AL1|1|DA|${broken}`]
  const report = [`OBR|1|${broken}|${broken}|${broken}`, `OBX|1|ST|${broken}||text||||||F`]
  for (const text of [
    message('A01', ...lines),
    message('A01', ...lines, ...report).replace('ADT^A01', 'ORU^R01')
  ]) {
    const { parts } = mapped(text)
    const names = parts.flatMap(({ subject, contribution: { entries } }) => [
      subject.local.value,
      ...entries.map(({ sourceResourceId }) => sourceResourceId)
    ])
    expect(names.length).toBeGreaterThan(2)
    expect(names.filter((name) => /[\n\r]/.test(name))).toEqual([])
  }
})

test('a patient’s number with a line break is none', () => {
  expect(hl7v2ToContributions(message('A31', 'PID|1||12\\.br\\3^^^PAS^MR'), sending())).toMatchObject({
    outcome: 'refused',
    reason: 'no-person'
  })
})

test('a field of five million characters', () => {
  const huge = 'x'.repeat(5_000_000)
  const { parts } = mapped(message('A31', pid, `NK1|1|${huge}`, `AL1|1|DA|${huge}`, `DG1|1||${huge}`))
  for (const { sourceResourceId } of parts[0]?.contribution.entries ?? []) {
    expect(sourceResourceId.length).toBeLessThan(300)
  }
})

test('ten thousand repetitions, components, segments', () => {
  const many = (unit: string) => unit.repeat(10_000)
  const text = stay(
    'A08',
    '00',
    `PV1|1|I|${many('W^')}|||${many('C1234567^Hill~')}`,
    many('NK1|1|WINTER^Bo\r')
  )
  const crowded = text.replace(pid, `PID|1||7${many('~8^^^LAB')}||${many('A^B~')}`)
  expect(hl7v2ToContributions(crowded, sending()).outcome).toBe('mapped')
  expect([...foldAll([crowded]).keys()].filter((name) => name.startsWith('RelatedPerson'))).toHaveLength(1)
})

test('names that are long and alike stay apart', () => {
  const start = 'y'.repeat(500)
  const text = message('A31', pid, `AL1|1|DA|${start}1`, `AL1|2|DA|${start}2`)
  expect([...foldAll([text]).keys()].filter((name) => name.startsWith('Allergy'))).toHaveLength(2)
})

test('whatever stands in its fields, a message does not throw, and comes to valid resources', () => {
  const value = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'|^~\\&"" 0129ACIX.-+'), maxLength: 24 })
  )
  const segment = fc
    .tuple(
      fc.constantFrom('EVN', 'PV1', 'PV2', 'PD1', 'NK1', 'AL1', 'IAM', 'DG1', 'PR1', 'MRG', 'PID', 'ZZZ'),
      fc.array(value, { maxLength: 46 })
    )
    .map(([name, values]) => [name, ...values].join('|'))
  const trigger = fc.constantFrom('A01', 'A03', 'A08', 'A11', 'A17', 'A24', 'A31', 'A40', 'A45', 'A50', 'A60')
  void fc.assert(
    fc.property(trigger, fc.array(segment, { maxLength: 8 }), (event, segments) => {
      expect(faultsOf(message(event, 'PID|1||7', ...segments))).toEqual([])
    }),
    { numRuns: 500 }
  )
})
