import { createRequire } from 'node:module'
import { findNhsNumber } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import {
  createPeople,
  createPractices,
  createTrusts,
  expectedRecords,
  type HospitalMessage,
  hospitalDay
} from '../../src/index.ts'

interface Segment {
  getField(index: number): { toString(): string } | undefined
}
interface ParsedMessage {
  readonly segments: readonly Segment[]
  getSegment(name: string): Segment | undefined
  getAllSegments(name: string): readonly Segment[]
  toString(): string
}
// The mappers' own parser; this package does not depend on it.
const { Hl7Message } = createRequire(createRequire(import.meta.url).resolve('../../../mappers/package.json'))(
  '@medplum/core'
) as { Hl7Message: { parse(text: string): ParsedMessage } }

const people = createPeople({ seed: 'demo', count: 20, practices: createPractices(5) }).filter(({ kind }) =>
  ['ordinary', 'superseded'].includes(kind)
)
const [trust] = createTrusts(1) as [ReturnType<typeof createTrusts>[number]]
const dayOf = (seed = 'demo', whom = people) => hospitalDay({ seed, people: whom, asAt: '2026-11-21', trust })
const day = dayOf()

const story = (name: string): readonly HospitalMessage[] =>
  day.filter((message) => message.name.replace(/-\d+\/.*$/, '') === name)
const fields = (message: HospitalMessage | undefined, segment: string): readonly string[] =>
  message?.text
    .split('\r')
    .find((line) => line.startsWith(segment))
    ?.split('|') ?? []

describe('a day in hospital', () => {
  test('is the same for the same seed, and tells of other visits for another', () => {
    expect(dayOf()).toEqual(day)
    const others = new Set(dayOf('other').map(({ controlId }) => controlId))
    expect(day.filter(({ controlId }) => others.has(controlId))).toEqual([])
  })

  test('names everybody by the same numbers whatever the seed', () => {
    const numbers = (messages: readonly HospitalMessage[]) =>
      new Set(messages.map((message) => fields(message, 'PID')[3]).filter((ids) => ids?.startsWith('C')))
    expect(numbers(dayOf('other'))).toEqual(numbers(day))
  })

  test('names each message once, and sends in the order of time', () => {
    expect(new Set(day.map(({ name }) => name)).size).toBe(day.length)
    const times = day.map(({ sentAt }) => sentAt)
    expect([...times].sort()).toEqual(times)
  })

  test('tells something of everybody, also when there is one', () => {
    const keys = new Set(day.map(({ personKey }) => personKey))
    expect(people.filter(({ nhsNumber }) => !keys.has(nhsNumber))).toEqual([])
    expect(dayOf('demo', people.slice(0, 1)).length).toBeGreaterThan(50)
    expect(() => dayOf('demo', [])).toThrow(RangeError)
  })

  test('has every trigger that the adapter is to know, and one that it is not', () => {
    const events = [...new Set(day.map(({ event }) => event))].sort()
    const adt = [
      '01',
      '02',
      '03',
      '04',
      '05',
      '08',
      '11',
      '12',
      '13',
      '16',
      '24',
      '28',
      '31',
      '37',
      '40',
      '45'
    ]
    expect(events).toEqual([
      ...adt.map((trigger) => `ADT^A${trigger}`),
      'MDM^T02',
      'MDM^T10',
      'MDM^T11',
      'ORU^R01',
      'SIU^S12',
      'SIU^S13',
      'SIU^S15'
    ])
  })
})

describe('every message', () => {
  test.each(day.map((message) => [message.name, message] as const))('%s can be read', (_name, message) => {
    const parsed = Hl7Message.parse(message.text)
    const header = parsed.getSegment('MSH')
    expect(header?.getField(9)?.toString()).toContain(message.event)
    expect(header?.getField(10)?.toString()).toBe(message.controlId)
    expect(header?.getField(4)?.toString()).toBe('R9Z')
    expect(parsed.getAllSegments('PID').length).toBeGreaterThan(0)
    expect(parsed.toString()).toBe(message.text)
  })

  test('gives NHS numbers that pass the check, and no characters that its character set lacks', () => {
    for (const message of day) {
      const numbers = message.text.match(/\d{10}(?=\^\^\^NHS\^NH)/g) ?? []
      expect(numbers.filter((number) => findNhsNumber(number) === undefined)).toEqual([])
      if (message.charset === 'latin1') expect(message.text).toMatch(/^[\r -~\u00a0-\u00ff]*$/)
    }
  })
})

describe('the hazards', () => {
  test('a repeated message is the same to the letter, a reused control id is not', () => {
    const [first, ...again] = story('repeated-admission')
    expect(again.map(({ text }) => text)).toEqual([first?.text, first?.text])
    const [one, other] = story('reused-control-id')
    expect(other?.controlId).toBe(one?.controlId)
    expect(other?.text).not.toBe(one?.text)
  })

  test('an update overtakes its admission, and a transfer comes after the discharge', () => {
    expect(story('update-first').map(({ event }) => event)).toEqual(['ADT^A08', 'ADT^A01'])
    expect(story('late-transfer').map(({ event }) => event)).toEqual(['ADT^A01', 'ADT^A03', 'ADT^A02'])
  })

  test('who was given another number is known to the trust by the former one', () => {
    const superseded = people.find(({ kind }) => kind === 'superseded')
    const message = day.find(({ personKey }) => personKey === superseded?.nhsNumber)
    expect(fields(message, 'PID')[3]).toContain(`~${superseded?.formerNhsNumbers[0]}^^^NHS^NH`)
  })

  test('text keeps the characters that HL7 has other uses for', () => {
    const [report] = story('text-report')
    expect(report?.text).toContain('x10\\S\\6/L \\F\\ by microscopy')
    expect(report?.text).toContain('trimethoprim \\T\\ nitrofurantoin\\.br\\Resistant')
    expect(story('accents')[0]?.text).toContain('GAGNÉ^RENÉ')
    expect(story('accents')[0]?.text).toContain('|8859/1|')
  })

  test('an embedded file is a PDF', () => {
    const value = fields(story('pdf-report')[0], 'OBX')[5]?.split('^')
    const pdf = Buffer.from(value?.[4] ?? '', 'base64').toString('latin1')
    const table = Number(/startxref\n(\d+)/.exec(pdf)?.[1])
    expect(pdf.slice(0, 5)).toBe('%PDF-')
    expect(pdf.slice(table, table + 4)).toBe('xref')
  })

  test('a clinic of which nothing is to be known is refused, what cannot be mapped is kept apart', () => {
    expect(story('gum-clinic').map(({ expectation }) => expectation.reason)).toEqual(['denied', 'denied'])
    expect(fields(story('gum-clinic')[0], 'PV1')[10]).toBe('360')
    expect(story('unhandled-trigger')[0]?.expectation.effect).toBe('unprocessed')
    expect(story('twin')[0]?.expectation).toMatchObject({
      effect: 'quarantined',
      reason: 'other-demographics'
    })
  })
})

describe('the expected record', () => {
  const records = expectedRecords(day)
  const itemOf = (name: string, type: string) => {
    const message = story(name).find(({ expectation }) => expectation.items.length > 0)
    const key = message?.expectation.items[0]?.key
    const all = [...records].flatMap(([person, items]) => items.map((item) => ({ person, ...item })))
    return all.filter((item) => item.resourceType === type && item.key === key)
  }

  test.each([
    { name: 'cancelled-admission', type: 'Encounter', status: 'cancelled' },
    { name: 'cancelled-transfer', type: 'Encounter', status: 'in-progress' },
    { name: 'cancelled-discharge', type: 'Encounter', status: 'in-progress' },
    { name: 'late-transfer', type: 'Encounter', status: 'finished' },
    { name: 'corrected-result', type: 'DiagnosticReport', status: 'corrected' },
    { name: 'wrong-patient-result', type: 'DiagnosticReport', status: 'entered-in-error', shown: false },
    { name: 'replaced-letter', type: 'DocumentReference', status: 'superseded', shown: false },
    { name: 'cancelled-appointment', type: 'Appointment', status: 'cancelled' }
  ])('of $name is $status', ({ name, type, status, shown = true }) => {
    expect(itemOf(name, type)).toMatchObject([{ status, shown }])
  })

  test('holds what was merged under the number that is left, and what was parted under its own', () => {
    expect(itemOf('merge', 'Encounter')).toMatchObject([{ person: expect.stringMatching(/^999\d{7}$/) }])
    expect(itemOf('link-undone', 'Encounter')).toMatchObject([{ person: expect.stringMatching(/^local:/) }])
  })

  test('holds nothing of what is refused', () => {
    expect(itemOf('gum-clinic', 'Encounter')).toEqual([])
  })
})
