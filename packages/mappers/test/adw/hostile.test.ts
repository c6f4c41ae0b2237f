import { createValidator } from '@chesil/fhir-validator'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAdwMessage } from '../../src/adw/message.ts'
import { codes, entry, landed, map, notice, patient, tell, to } from './message.ts'

const validator = createValidator({ prepare: ['Task', 'Encounter'] })
const header = /<entry><fullUrl value="urn:uuid:header-1"\/>.*?<\/entry>/
const after = (prologue: string): string => notice().replace('?>', `?>${prologue}`)

describe('what is no message of FHIR is refused', () => {
  test.each([
    { case: 'a document type', xml: after('<!DOCTYPE Bundle>') },
    {
      case: 'an external entity',
      xml: after('<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/hostname">]>').replace('Collier', '&xxe;')
    },
    { case: 'an entity that nobody declared', xml: notice().replace('Collier', '&nbsp;') },
    { case: 'a hundred thousand levels', xml: `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}` },
    {
      case: 'levels without end inside it',
      xml: notice({ entries: [`${'<entry>'.repeat(200)}${'</entry>'.repeat(200)}`] })
    },
    { case: 'no header', xml: notice().replace(header, '') },
    { case: 'two headers', xml: notice().replace(header, '$&$&') },
    { case: 'another namespace', xml: notice().replace('http://hl7.org/fhir"', 'urn:hl7-org:v3"') },
    {
      case: 'FHIR’s namespace in a comment before another',
      xml: after('<!-- > <Bundle xmlns="http://hl7.org/fhir"> -->').replace(
        /(Bundle) xmlns="[^"]*"><id/,
        '$1 xmlns="urn:x"><id'
      )
    },
    {
      case: 'FHIR’s namespace in a value of another attribute',
      xml: notice().replace(' xmlns="http://hl7.org/fhir"', ` a=' xmlns="http://hl7.org/fhir" '`)
    },
    { case: 'no namespace', xml: notice().replace(' xmlns="http://hl7.org/fhir"', '') },
    { case: 'a collection', xml: notice().replace('value="message"', 'value="collection"') },
    { case: 'a resource alone', xml: '<Patient xmlns="http://hl7.org/fhir"/>' },
    { case: 'half of it', xml: notice().slice(0, -20) },
    { case: 'nothing', xml: '' }
  ])('$case', ({ xml }) => {
    const start = performance.now()
    expect(readAdwMessage(xml)).toBeUndefined()
    expect(map(xml)).toEqual({ outcome: 'refused', reason: 'not-a-record' })
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

test.each([
  { case: 'after a comment and an instruction', xml: after('<!-- <x> --><?x y?>\n') },
  {
    case: 'in other quotes, after other attributes',
    xml: notice().replace(' xmlns="http://hl7.org/fhir"', `\n a="1" xmlns = 'http://hl7.org/fhir'`)
  },
  { case: 'after a megabyte of space', xml: notice().replace(' xmlns', `${' '.repeat(1_000_000)} xmlns`) },
  {
    case: 'after a megabyte of another attribute',
    xml: notice().replace(' xmlns', ` a="${'x'.repeat(1_000_000)}" xmlns`)
  }
])('a message is one with its namespace $case', ({ xml }) => {
  const start = performance.now()
  expect(map(xml).outcome).toBe('mapped')
  expect(performance.now() - start).toBeLessThan(2_000)
})

const itemsOf = (xml: string) => tell(xml).contribution.entries.map(landed)
const issuesOf = (xml: string) => itemsOf(xml).flatMap((item) => validator.validate(item as never))

test.each([
  {
    case: 'the words of a request',
    overrides: { description: `<description value="${'x'.repeat(1_000_000)}"/>` }
  },
  { case: 'a reason', overrides: { event: codes.withdrawalAccept, reason: 'x'.repeat(1_000_000) } },
  { case: 'a date', overrides: { period: `<end value="${'1'.repeat(1_000_000)}"/>` } },
  { case: 'a time', overrides: { at: '1'.repeat(1_000_000) } },
  { case: 'an event', overrides: { event: '1'.repeat(1_000_000) } },
  {
    case: 'a number',
    overrides: { request: `<identifier><value value="${'x'.repeat(1_000_000)}"/></identifier>` }
  }
])('an attribute of a megabyte does no harm: $case', ({ overrides }) => {
  const start = performance.now()
  const xml = notice(overrides)
  expect(issuesOf(xml)).toEqual([])
  const names = tell(xml).contribution.entries.map(({ sourceResourceId }) => sourceResourceId.length)
  expect(Math.max(0, ...names)).toBeLessThan(300)
  expect(performance.now() - start).toBeLessThan(5_000)
})

test('organisations that are part of one another in a circle', () => {
  const circle = [
    entry('Organization', 'a', `<name value="A"/><partOf>${to('b')}</partOf>`),
    entry('Organization', 'b', `<name value="B"/><partOf>${to('a')}</partOf>`)
  ]
  const [task] = itemsOf(notice({ recipient: 'a', entries: circle }))
  expect(task?.['owner']).toEqual({
    type: 'Organization',
    identifier: { system: 'https://fhir.nhs.uk/Id/ods-organization-code', value: 'E0001' },
    display: 'A, B'
  })
})

test('a request that names itself as everything is about nobody', () => {
  const xml = notice().replaceAll(to('p1'), to('request')).replaceAll(to('stay'), to('request'))
  expect(map(xml)).toEqual({ outcome: 'refused', reason: 'no-person' })
})

test('questions in groups without end are cut', () => {
  const groups = (depth: number): string =>
    depth === 0
      ? ''
      : `<group><question><text value="Q${depth}"/><answer><valueBoolean value="true"/></answer></question>${groups(depth - 1)}</group>`
  const xml = notice({
    entries: [entry('QuestionnaireResponse', 'q', `<status value="completed"/>${groups(40)}`)]
  })
  const [task] = itemsOf(xml)
  expect(task?.['input']).toHaveLength(5)
  expect(task?.['input'][0]).toEqual({ type: { text: 'Q40' }, valueBoolean: true })
})

test('a document inside the message says nothing about whom the message is about', () => {
  const document = `<entry><resource><Bundle><type value="document"/>${patient('', 'p2')}</Bundle></resource></entry>`
  expect(tell(notice({ entries: [document] })).subject).toEqual(tell(notice()).subject)
})

/** One of each element that is read. */
const whole = notice({
  period: '<start value="2026-02-20"/><end value="2026-03-20"/>',
  reason: 'Reason',
  description:
    '<reason><coding><system value="urn:x"/><code value="1"/><display value="Fall"/></coding></reason><description value="Lives alone"/>',
  entries: [
    entry(
      'QuestionnaireResponse',
      'q',
      '<group><question><text value="Q"/><answer><valueCoding><system value="urn:y"/><code value="Y"/><display value="Yes"/></valueCoding></answer><answer><valueInteger value="3"/></answer></question></group>'
    )
  ]
})
const values = [...whole.matchAll(/value="[^"]*"/g)]

/** What no element of that place expects, or words that mean something to JavaScript, FHIR or a database. */
const junk = fc.constantFrom(
  ...[
    '',
    ' ',
    '__proto__',
    'constructor',
    'true',
    '-1',
    '1e400',
    '2026-02-30',
    '2026-03-10T09:30',
    'p1',
    '#p1',
    '#',
    '/'
  ],
  ...[
    'urn:uuid:p1',
    'urn:uuid:request',
    'null',
    '&lt;script&gt;',
    '&#10;',
    '&#160;',
    'x'.repeat(5_000),
    '9449305553',
    '𝕏'
  ],
  ...Object.values(codes)
)
const spoiling = fc.array(fc.tuple(fc.nat(values.length - 1), junk), { minLength: 1, maxLength: 5 })

function spoil(pieces: readonly (readonly [number, string])[]): string {
  const chosen = new Map(pieces)
  let at = -1
  return whole.replaceAll(/value="[^"]*"/g, (given) => {
    const found = chosen.get(++at)
    return found === undefined ? given : `value="${found}"`
  })
}

test('a message with junk in it is mapped or refused, and what is mapped is valid and about its person', () => {
  fc.assert(
    fc.property(spoiling, (pieces) => {
      const mapped = map(spoil(pieces))
      if (mapped.outcome !== 'mapped') return
      const items = mapped.parts.flatMap(({ contribution }) => contribution.entries.map(landed))
      const persons = items.map((item) => (item['for'] ?? item['subject']).reference)
      expect(new Set(persons).size).toBe(items.length > 0 ? 1 : 0)
      expect(items.flatMap((item) => validator.validate(item as never))).toEqual([])
    }),
    { numRuns: 300 }
  )
})
