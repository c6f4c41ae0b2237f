import { hl7v2ToContributions } from '@chesil/mappers'
import { visitHashOf } from '@chesil/record-store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDoorCheck } from '../src/intake/deny-list.ts'
import { stayHashOf } from '../src/intake/stays.ts'
import { hospital, message, pid, segment } from './support.ts'

const denied = { treatmentFunctions: ['360'], locations: ['GUM1'], words: [] }
const check = createDoorCheck(hospital({ refuse: denied }))

const context = {
  source: {
    id: 'hospital-pas',
    odsCode: 'RCB',
    name: 'Hospital',
    patientNumberSystem: 'urn:number',
    patientNumberAuthorities: []
  },
  receivedAt: '2026-11-22T10:00:00.000Z',
  personId: () => '00000000-0000-0000-0000-000000000000',
  resourceId: (type: string, id: string) => `${type}-${id}`
}

/** Every text in what a message was mapped to, cut where the mapper joins names. */
function saidIn(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...value.split(/\/|, /)]
  if (Array.isArray(value)) return value.flatMap(saidIn)
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, one]) => (name === 'system' ? [] : saidIn(one)))
    : []
}

/** Where a clinic is named: of a stay, and of an appointment. */
const clinicPaths = /^(location|serviceType|participant#(location|resource))$/

/** What the mapper reads, of stays and appointments. */
function landed(text: string) {
  const mapped = hl7v2ToContributions(text, context)
  const parts = mapped.outcome === 'mapped' ? mapped.parts : []
  const told = parts.flatMap(({ contribution }) =>
    contribution.entries.map(({ resourceType, event }) => ({
      resourceType,
      set: Object.entries(event?.set ?? {})
    }))
  )
  const clinics = told.flatMap(({ resourceType, set }) =>
    set
      .filter(([path]) => clinicPaths.test(path) && !(resourceType === 'Encounter' && path === 'serviceType'))
      .flatMap(([, one]) => saidIn(one))
  )
  const functions = told.flatMap(({ set }) =>
    set
      .filter(([path]) => path === 'serviceType' || path === 'specialty')
      .map(([, one]) => JSON.stringify(one))
  )
  return { clinics, functions }
}

const hex = (text: string) => `\\X${Buffer.from(text).toString('hex').toUpperCase()}\\`
const value = fc.constantFrom('360', 'GUM1', '100', 'W1')
/** The same, as senders write it. */
const spelling = fc
  .tuple(
    value,
    fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => ` ${text} `,
      (text) => `${text}&SUB`,
      (text) => hex(text),
      (text) => `${text[0]}${hex(text.slice(1))}`,
      (text) => `${hex(text)}&1.2.3&ISO`,
      (text) => `\\H\\${text}\\N\\`,
      (text) => `\n${text}`,
      (text) => `${text}\\.br\\`
    )
  )
  .map(([text, spell]) => spell(text))
const components = fc.array(fc.oneof(fc.constant(''), spelling), { maxLength: 5 }).map((all) => all.join('^'))
const field = fc.array(components, { minLength: 1, maxLength: 2 }).map((all) => all.join('~'))

const visit = fc.record({ 3: field, 10: field, 6: field })
const appointment = fc.record({ ais: field, aig: field, ail: field })

describe('whatever the mapper reads as a denied clinic or treatment function is refused at the door:', () => {
  const isFound = (text: string) => {
    const { clinics, functions } = landed(text)
    const isMeant = clinics.includes('GUM1') || functions.some((one) => one.includes('"code":"360"'))
    if (isMeant) expect(check(text).isDenied, JSON.stringify(text)).toBe(true)
    return isMeant
  }

  test('of a stay', () => {
    let found = 0
    fc.assert(
      fc.property(visit, (fields) => {
        const segments = ['EVN||20261122', pid, segment('PV1', { 2: 'I', ...fields, 19: 'V1' })]
        if (isFound(message({ segments }))) found++
      }),
      { numRuns: 600 }
    )
    expect(found).toBeGreaterThan(100)
  })

  test('of an appointment', () => {
    let found = 0
    fc.assert(
      fc.property(appointment, ({ ais, aig, ail }) => {
        const segments = [
          'SCH|1^P|2^F',
          pid,
          'RGS|1',
          segment('AIS', { 3: ais }),
          segment('AIG', { 3: aig }),
          segment('AIL', { 3: ail })
        ]
        if (isFound(message({ type: 'SIU^S12', segments }))) found++
      }),
      { numRuns: 600 }
    )
    expect(found).toBeGreaterThan(100)
  })
})

describe('stays', () => {
  const hash = (number: string) => visitHashOf('hospital-pas', number)

  test('are known by their number as the mapper reads it', () => {
    const of = (number: string) =>
      check(message({ segments: [pid, segment('PV1', { 19: number })] })).visitHash
    expect(['V1', ' v1 ', hex('V1'), 'V1&x', 'V1^^^RCB'].map(of)).toEqual(Array(5).fill(hash('V1')))
  })

  test('of a message are all found, and which of them are not shared', () => {
    const stays = ['V1', 'V2', 'V3'].map((number, at) =>
      segment('PV1', { 10: at === 0 ? '100' : '360', 19: number })
    )
    expect(check(message({ segments: [pid, ...stays] }))).toEqual({
      isDenied: true,
      visitHash: hash('V2'),
      otherVisitHashes: [hash('V3'), hash('V1')],
      deniedVisitHashes: [hash('V2'), hash('V3')]
    })
  })

  const account = 'PID|1||4711^^^RCB^MR||SMITH^ANNA||19700101|2||||||||||ACC1'
  const began = segment('PV1', { 2: 'I', 44: '202611220900' })
  const findings = (type: string, ...segments: string[]) => check(message({ type, segments }))

  test.each([
    ['their visit number', pid, segment('PV1', { 2: 'I', 19: 'V1' })],
    ['their account, where they have none', account, 'PV1|1|I'],
    ['the person and their beginning, where they have neither', pid, began]
  ])('are known by %s, whatever the message', (_what, person, visit) => {
    const of = (type: string) => findings(type, person, visit).visitHash
    expect(of('ADT^A03')).toBeDefined()
    expect(new Set(['ADT^A03', 'ADT^A08', 'ORU^R01'].map(of)).size).toBe(1)
  })

  test('of one number are not those of an account of that number', () => {
    const byAccount = findings('ADT^A03', account, 'PV1|1|I').visitHash
    expect(byAccount).not.toBe(findings('ADT^A03', pid, segment('PV1', { 2: 'I', 19: 'ACC1' })).visitHash)
  })

  test.each(['A28', 'A31'])('are not those of an account, where a message is about a person: %s', (event) => {
    expect(findings(`ADT^${event}`, account, 'PV1|1|N')).toEqual({ isDenied: false })
  })

  describe.each(['A35', 'A41', 'A42', 'A44', 'A45', 'A49', 'A50', 'A51'])(
    'that get another number, %s:',
    (event) => {
      const visit = (fields: Readonly<Record<number, string>> = {}) =>
        segment('PV1', { 2: 'I', ...fields, 19: 'NEWV' })
      const told = (prior: string, fields = {}) => findings(`ADT^${event}`, pid, prior, visit(fields))

      test('both numbers are theirs', () => {
        expect(told('MRG|4711||||OLDV')).toEqual({
          isDenied: false,
          visitHash: hash('NEWV'),
          otherVisitHashes: [hash('OLDV')],
          isRenumbered: true
        })
      })

      test('the account is the former number, where MRG names no visit', () => {
        const { visitHash } = findings('ADT^A03', account, 'PV1|1|I')
        expect(told('MRG|4711||ACC1').otherVisitHashes).toEqual([visitHash])
      })

      test('where they are not shared, neither is what had the former number', () => {
        expect(told('MRG|4711||||OLDV', { 10: '360' })).toMatchObject({
          isDenied: true,
          deniedVisitHashes: [hash('NEWV'), hash('OLDV')]
        })
      })
    }
  )

  test('that are renumbered together are refused together', () => {
    const pair = (from: string, fields: Readonly<Record<number, string>>) => [
      `MRG|4711||||${from}`,
      segment('PV1', { 2: 'I', ...fields })
    ]
    const both = [...pair('V1', { 10: '360', 19: 'V2' }), ...pair('V3', { 19: 'V4' })]
    expect(findings('ADT^A45', pid, ...both).deniedVisitHashes).toEqual(['V2', 'V1', 'V4', 'V3'].map(hash))
  })

  test('of a merge are not what MRG names: those are numbers of a person', () => {
    expect(findings('ADT^A40', pid, 'MRG|4712||ACC1||OLDV').visitHash).toBeUndefined()
  })

  test('are all found under the name that the mapper gives them', () => {
    const checkOfSource = createDoorCheck(hospital({ patientNumberSystem: 'urn:number' }))
    const number = fc.constantFrom('', 'V1', 'v2 ', 'V3&x', '""', 'V4^^^RCB')
    const event = fc.constantFrom('A01', 'A03', 'A08', 'A11', 'A23', 'A31', 'A45', 'A50', 'A17')
    const group = fc
      .tuple(number, number, number, number, fc.constantFrom('', '20261122'))
      .map(([visit, itsAccount, former, formerAccount, begin]) => [
        `${pid}||||||||||${itsAccount}`,
        segment('MRG', { 1: '4712', 3: formerAccount, 5: former }),
        segment('PV1', { 2: 'I', 19: visit, 44: begin })
      ])
    let found = 0
    fc.assert(
      fc.property(event, group, group, (trigger, first, second) => {
        const text = message({ type: `ADT^${trigger}`, segments: ['EVN||20261122', ...first, ...second] })
        const mapped = hl7v2ToContributions(text, context)
        const parts = mapped.outcome === 'mapped' ? mapped.parts : []
        const { visitHash, otherVisitHashes = [] } = checkOfSource(text)
        for (const { resourceType, sourceResourceId } of parts.flatMap((one) => one.contribution.entries)) {
          if (resourceType !== 'Encounter') continue
          found++
          expect([visitHash, ...otherVisitHashes], text).toContain(
            stayHashOf('hospital-pas', sourceResourceId)
          )
        }
      }),
      { numRuns: 600 }
    )
    expect(found).toBeGreaterThan(300)
  })
})

describe('a message is not shared by', () => {
  test.each([
    ['the title of a document', 'MDM^T02', segment('TXA', { 2: 'CN', 25: 'Gender identity clinic letter' })],
    ['the name of its file', 'MDM^T02', segment('TXA', { 2: 'CN', 16: 'Sexual_Health-letter.pdf' })],
    ['the specialty of a referral', 'REF^I12', 'RF1|A||360'],
    ['the other code of a specialty', 'REF^I12', 'RF1|A||L1^Clinic^L^360^^NHS'],
    ['the words of a specialty', 'REF^I12', 'RF1|A||L1^Genitourinary Medicine'],
    ['the reason of an appointment', 'SIU^S12', segment('SCH', { 2: 'F', 7: 'L1^Fertility' })],
    ['the type of an appointment', 'SIU^S12', segment('SCH', { 2: 'F', 8: 'GUM' })]
  ])('%s', (_what, type, line) => {
    const byDefault = createDoorCheck(hospital())
    expect(byDefault(message({ type, segments: [pid, line] })).isDenied).toBe(true)
  })
})
