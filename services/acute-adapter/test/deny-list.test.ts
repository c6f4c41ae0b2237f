import { hl7v2ToContributions } from '@chesil/mappers'
import { visitHashOf } from '@chesil/record-store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDoorCheck } from '../src/intake/deny-list.ts'
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
})
