import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readCatalogue } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'chesil-catalogue-'))
const path = join(folder, 'sources.json')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const source = (id: string, odsCode: string, changes: object = {}) => ({
  id,
  kind: 'gp-connect',
  odsCode,
  name: `Practice ${odsCode}`,
  releaseStage: 'live',
  retention: 'session',
  endpoint: { baseUrl: 'https://gp.example/gpconnect', asid: '1', interactions: ['structured'] },
  ...changes
})
const ofTrust = (kind: string, odsCode: string, changes: object = {}) => ({
  id: `${kind}-${odsCode.toLowerCase()}`,
  kind,
  odsCode,
  name: `Trust ${odsCode}`,
  releaseStage: 'live',
  retention: 'store',
  agreement: 'Joint controllers, 2026',
  ...changes
})
type Sender = { readonly application?: string; readonly facility: string }
const hl7v2 = (odsCode: string, senders: readonly Sender[], changes: object = {}) =>
  ofTrust('hl7v2', odsCode, { senders, ...changes })
const itk3 = (odsCode: string, changes: object = {}) => ofTrust('itk3', odsCode, changes)
const fhirR4 = (odsCode: string, changes: object = {}) =>
  ofTrust('fhir-r4', odsCode, {
    endpoint: {
      baseUrl: 'https://trust.example/fhir',
      tokenUrl: 'https://trust.example/token',
      clientId: 'chesil',
      privateKey: 'env:TRUST_KEY'
    },
    types: ['Encounter'],
    ...changes
  })
const pas: Sender = { application: 'PAS', facility: 'RX1' }
const organisation = (odsCode: string) => ({ odsCode, name: 'A reader’s organisation', asid: '2' })

function read(sources: readonly object[], readingOrganisations: readonly object[] = []) {
  writeFileSync(path, JSON.stringify({ sources, readingOrganisations }))
  return readCatalogue(path)
}

function linesOf(...given: Parameters<typeof read>): string[] {
  try {
    read(...given)
  } catch (error) {
    const [first, ...lines] = (error as Error).message.split('\n  ')
    expect(first).toBe(`${path} is not valid:`)
    return lines
  }
  return []
}

describe('the source catalogue', () => {
  test('holds the 153 sources of an integrated care system, with defaults', () => {
    const many = Array.from({ length: 153 }, (_, n) => source(`gp-${n}`, `J${81_000 + n}`))
    const { sources } = read(many, [organisation('R9Z')])
    expect(sources).toHaveLength(153)
    expect(sources[152]).toMatchObject({ id: 'gp-152', concurrency: 4, timeoutMs: 5_000, sessionMinutes: 30 })
  })

  test.each([
    [
      'two sources with one id',
      [source('gp-a', 'J81001'), source('gp-a', 'J81002')],
      'two sources have the id gp-a'
    ],
    [
      'two live sources of one practice',
      [source('gp-a', 'J81001'), source('gp-b', 'J81001')],
      'two live gp-connect sources have the ODS code J81001'
    ],
    [
      'what is stored without an agreement',
      [source('gp-a', 'J81001', { retention: 'store' })],
      'gp-a: retention "store" needs a recorded agreement'
    ],
    [
      'a source without a name',
      [source('gp-a', 'J81001', { name: undefined })],
      '/sources/0/name is missing'
    ],
    [
      'a word that nobody knows',
      [source('gp-a', 'J81001', { retentoin: 'store' })],
      '/sources/0/retentoin is not known here'
    ],
    [
      'a stage that is none',
      [source('gp-a', 'J81001', { releaseStage: 'pilot' })],
      '/sources/0/releaseStage must be one of planned, live, retired'
    ],
    [
      'a certificate written out',
      [
        source('gp-a', 'J81001', {
          endpoint: {
            baseUrl: 'https://x.example/a',
            asid: '1',
            interactions: ['structured'],
            certificateAuthority: '-----BEGIN CERTIFICATE-----'
          }
        })
      ],
      '/sources/0/endpoint/certificateAuthority must match pattern "^(env:[A-Z_][A-Z0-9_]*|file:/.+)$"'
    ]
  ])('is refused with %s, in one clear line', (_case, sources, line) => {
    expect(linesOf(sources)).toEqual([line])
  })

  test('is refused with a reading organisation named twice', () => {
    expect(linesOf([], [organisation('R9Z'), organisation('R9Z')])).toEqual([
      'two reading organisations have the ODS code R9Z'
    ])
  })

  test('is told everything that is wrong with it at once', () => {
    const sources = [
      source('gp-a', 'J81001'),
      source('gp-a', 'J81001'),
      source('gp-c', 'J81003', { retention: 'store' })
    ]
    expect(linesOf(sources)).toHaveLength(3)
  })

  test('may keep the retired or planned source of a practice beside its live one', () => {
    const { sources } = read([
      source('gp-old', 'J81001', { releaseStage: 'retired' }),
      source('gp-new', 'J81001')
    ])
    expect(sources).toHaveLength(2)
  })
})

describe('a source is checked as the kind it says it is', () => {
  test('with the defaults of that kind', () => {
    const { sources } = read([hl7v2('RX1', [pas]), itk3('RX1'), fhirR4('RX1'), source('gp-a', 'J81001')])
    expect(sources).toMatchObject([
      hl7v2('RX1', [pas]),
      itk3('RX1'),
      { ask: 'known', sweepMinutes: 1_440, timeoutMs: 5_000, endpoint: { keyAlgorithm: 'ES384' } },
      { sessionMinutes: 30, timeoutMs: 5_000 }
    ])
    expect(sources.map((one) => 'timeoutMs' in one)).toEqual([false, false, true, true])
  })

  const kinds =
    '/sources/0/kind must be one of gp-connect, hl7v2, itk3, fhir-sender, fhir-r4, cld, adw, prsb, council-api'
  test.each([
    ['of a kind that is none', ofTrust('hl7v3', 'RX1', { colour: 'red' }), kinds],
    ['of no kind', itk3('RX1', { kind: undefined }), '/sources/0/kind is missing'],
    ['that names its kind in other letters', itk3('RX1', { kind: 'ITK3' }), kinds],
    ['whose kind is no word', itk3('RX1', { kind: ['itk3'] }), kinds],
    ['with what another kind has', itk3('RX1', { senders: [pas] }), '/sources/0/senders is not known here'],
    [
      'that sends, and would not be kept',
      itk3('RX1', { retention: 'session' }),
      '/sources/0/retention must be "store"'
    ],
    ['without a sender', hl7v2('RX1', []), '/sources/0/senders must not have fewer than 1 items'],
    [
      'whose sender has no facility',
      ofTrust('hl7v2', 'RX1', { senders: [{ application: 'PAS' }] }),
      '/sources/0/senders/0/facility is missing'
    ],
    [
      'that can be searched for what we do not hold',
      fhirR4('RX1', { types: ['Basic'] }),
      /^\/sources\/0\/types\/0 must be one of AllergyIntolerance, Appointment, /
    ]
  ])('and refused, in one clear line: one %s', (_case, one, line) => {
    expect(linesOf([one])).toEqual([typeof line === 'string' ? line : expect.stringMatching(line)])
  })

  test('and what is no source at all is refused', () => {
    writeFileSync(path, JSON.stringify({ sources: ['gp-a', null], readingOrganisations: [] }))
    expect(() => readCatalogue(path)).toThrow(/\/sources\/0 must be object\n {2}\/sources\/1 must be object$/)
  })

  test('and all are told at once what is wrong with them', () => {
    const sources = [
      source('gp-a', 'J81001', { name: undefined }),
      ofTrust('v3', 'RX1'),
      fhirR4('RX1', { types: [] })
    ]
    expect(linesOf(sources, [{ odsCode: 'R9Z', name: 'A trust' }])).toEqual([
      '/readingOrganisations/0/asid is missing',
      '/sources/0/name is missing',
      '/sources/1/kind must be one of gp-connect, hl7v2, itk3, fhir-sender, fhir-r4, cld, adw, prsb, council-api',
      '/sources/2/types must not have fewer than 1 items'
    ])
  })
})

describe('sources of one trust', () => {
  test.each([hl7v2('RX1', [pas]), itk3('RX1'), fhirR4('RX1')])(
    'need an agreement to be kept: $kind',
    (one) => {
      expect(linesOf([{ ...one, agreement: undefined }])).toEqual([
        `${one.id}: retention "store" needs a recorded agreement`
      ])
    }
  )

  test('may be live side by side when they differ in kind', () => {
    expect(linesOf([hl7v2('RX1', [pas]), itk3('RX1'), fhirR4('RX1')])).toEqual([])
  })

  test.each([
    [hl7v2('RX1', [pas]), hl7v2('RX1', [{ facility: 'LAB' }])],
    [itk3('RX1'), itk3('RX1')],
    [fhirR4('RX1'), fhirR4('RX1')]
  ])('may not both be live when they are of one kind: $0.kind', (one, another) => {
    expect(linesOf([one, { ...another, id: 'the-other' }])).toEqual([
      `two live ${one.kind} sources have the ODS code RX1`
    ])
  })
})

test('a hospital’s site exchanges notices with councils as one source', () => {
  const adw = (odsCode: string, sites: readonly string[], changes: object = {}) =>
    ofTrust('adw', odsCode, { sites, councils: ['E10'], ...changes })
  expect(linesOf([adw('RX1', ['RX101', 'RX1']), adw('RX2', ['RX201'])])).toEqual([])
  expect(linesOf([adw('RX1', ['RX101']), adw('RX2', ['RX101'])])).toEqual([
    'adw-rx1 and adw-rx2 both exchange the notices of RX101'
  ])
  expect(linesOf([adw('RX1', ['RX101']), adw('RX2', ['RX101'], { releaseStage: 'retired' })])).toEqual([])
})

describe('a sender of HL7 v2 messages', () => {
  const both = (ours: readonly Sender[], theirs: readonly Sender[], changes: object = {}) =>
    linesOf([hl7v2('RX1', ours), hl7v2('RX2', theirs, changes)])
  const same = (sender: string) => [`hl7v2-rx1 and hl7v2-rx2 name the same sender: ${sender}`]

  test.each<[string, Sender, Sender, string]>([
    ['application and facility', pas, pas, 'application "PAS", facility "RX1"'],
    [
      'them in other letters',
      pas,
      { application: 'pas', facility: 'rx1' },
      'application "PAS", facility "RX1"'
    ],
    ['a facility alone', { facility: 'RX1' }, { facility: 'rx1' }, 'any application, facility "RX1"'],
    ['a facility that is empty', { facility: '' }, { facility: '' }, 'any application, facility ""']
  ])('speaks for one source: two may not both name %s', (_case, ours, theirs, text) => {
    expect(both([{ facility: 'A' }, ours], [{ facility: 'B' }, theirs])).toEqual(same(text))
  })

  test('speaks for one source, live or not', () => {
    expect(both([pas], [pas], { releaseStage: 'retired' })).toHaveLength(1)
  })

  test.each<[string, Sender, Sender]>([
    ['another application', pas, { application: 'LAB', facility: 'RX1' }],
    ['another facility', pas, { application: 'PAS', facility: 'RX2' }],
    ['any application, beside one by name', pas, { facility: 'RX1' }],
    ['no application, beside any', { application: '', facility: 'RX1' }, { facility: 'RX1' }]
  ])('is another one with %s', (_case, ours, theirs) => {
    expect(both([ours], [theirs])).toEqual([])
  })

  test('may be named twice by the source it speaks for', () => {
    expect(linesOf([hl7v2('RX1', [pas, { application: 'Pas', facility: 'RX1' }])])).toEqual([])
  })
})
