import type { Contribution, ContributionEntry, SectionState } from '@chesil/contracts'
import { ukCoreExtension } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import { describe, expect, test } from 'vitest'
import { structuredRecordToContribution } from '../src/index.ts'
import { contributionOf, deadReferences, isDegraded, patientId, structuredSections } from './asking.ts'
import { areHere, orSkip, readRecord, resourcesIn } from './on-disk.ts'

/** What the files hold, counted by hand and by other tools; `kept out` is what the mapper must not let in. */
interface Oracle {
  readonly file: string
  readonly allergy: number
  readonly ended: number
  readonly statement: number
  readonly plan: number
  readonly order: number
  readonly Condition: number
  readonly Encounter: number
  readonly Immunization: number
  readonly Observation: number
  readonly DocumentReference: number
  readonly referral: number
  readonly procedure: number
  readonly DiagnosticReport: number
  readonly List: number
  readonly unnamedLists: number
  readonly warnings: Readonly<Record<string, number>>
  readonly keptOut: Readonly<Record<string, number>>
}

const counts = (
  file: string,
  numbers: readonly number[],
  warnings: Oracle['warnings'] = {},
  keptOut: Oracle['keptOut'] = {}
): Oracle => {
  const [allergy = 0, ended = 0, statement = 0, plan = 0, order = 0, ...rest] = numbers
  const [Condition = 0, Encounter = 0, Immunization = 0, Observation = 0, DocumentReference = 0, ...last] =
    rest
  const [referral = 0, procedure = 0, DiagnosticReport = 0, List = 0, unnamedLists = 0] = last
  const clinical = { allergy, ended, statement, plan, order, Condition, Encounter, Immunization, Observation }
  const others = { DocumentReference, referral, procedure, DiagnosticReport, List, unnamedLists }
  return { file, ...clinical, ...others, warnings, keptOut }
}

const inTransit = { 'data-in-transit': 10 }
const confidential = { 'confidential-items': 1 }
const otherPersons = (documents: number) => ({
  'other-subject DocumentReference documents': documents,
  'no-subject Observation problems+consultations': 1
})

// allergy, ended, statement, plan, order, Condition, Encounter, Immunization, Observation, DocumentReference,
// referral, procedure request, report, list, list without an id
const oracles: readonly Oracle[] = [
  counts(
    '9465698490_Daniels_full_20210602.json.gz',
    [5, 0, 95, 95, 146, 1, 8, 0, 10, 0, 0, 1, 0, 47, 17],
    inTransit
  ),
  counts(
    '9465698679_Gainsford_full_20210602.json',
    [24, 0, 1, 1, 0, 13, 2, 0, 13, 0, 0, 2, 0, 25, 15],
    inTransit
  ),
  counts('9465699926_Sajal_full_20210122.json', [3, 0, 3, 3, 4, 20, 36, 0, 101, 1, 1, 2, 1, 178, 23], {
    'confidential-items': 6
  }),
  counts(
    '9465700193_Birdi_full_20210602.json',
    [1, 0, 0, 0, 0, 0, 33, 0, 1, 33, 0, 1, 0, 110, 11],
    inTransit
  ),
  counts(
    '9690937286_Skelly_large.structuredRecord.json.gz',
    [1, 1, 10, 10, 59, 10, 3, 1, 1084, 27, 2, 1, 1, 51, 14],
    confidential,
    otherPersons(27)
  ),
  counts('EMISPatientStructurede2eResponsePWTP5.json', [2, 0, 0, 0, 0, 2, 9, 1, 37, 0, 0, 1, 0, 48, 14]),
  counts('MedicusBasedOnErrorStructuredRecord.json', [0, 0, 1, 1, 1, 0, 0, 0, 2, 2, 0, 0, 0, 10, 10]),
  counts('correctAllergiesContainedResourceResponse.json', [0, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 17, 13]),
  counts(
    'correctPatientStructuredRecordResponseBodySite.json',
    [0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 11, 11]
  ),
  counts(
    'correctPatientStructuredRecordWithTextDocAttachment.json',
    [0, 0, 1, 1, 1, 0, 0, 0, 2, 2, 0, 0, 0, 10, 10]
  ),
  counts(
    'malformedDateStructuredRecord.json.gz',
    [1, 1, 10, 10, 59, 10, 3, 1, 70, 1, 2, 1, 1, 51, 14],
    confidential,
    otherPersons(1)
  )
]

function mapAfresh(file: string): Contribution {
  const { record, context } = readRecord('structured-records', file)
  return contributionOf(structuredRecordToContribution(record, context))
}

const mapped = new Map<string, Contribution>()
function map(file: string): Contribution {
  const contribution = mapped.get(file) ?? mapAfresh(file)
  mapped.set(file, contribution)
  return contribution
}

const named = (entry: ContributionEntry, start: string) => entry.sourceResourceId.startsWith(start)

/** What the list of ended allergies names: they were contained in it. */
function endedIn({ entries }: Contribution): ReadonlySet<string | undefined> {
  const lists = entries.flatMap(({ resource }) => (resource?.resourceType === 'List' ? [resource] : []))
  const ended = lists.filter(({ code }) => code?.coding?.some((coding) => coding.code === '1103671000000101'))
  return new Set(ended.flatMap(({ entry }) => (entry ?? []).map(({ item }) => item?.reference)))
}

const intentOf = (entry: ContributionEntry) => (entry.resource as { intent?: string }).intent

/** How many of each kind landed, under the names of the oracle. */
function countsOf(contribution: Contribution): Record<string, number> {
  const { entries } = contribution
  const ended = endedIn(contribution)
  const number = (isOne: (entry: ContributionEntry) => boolean) => entries.filter(isOne).length
  const ofType = (type: string) => number((entry) => entry.resourceType === type)
  const request = (intent: string) => (entry: ContributionEntry) =>
    entry.resourceType === 'MedicationRequest' && intentOf(entry) === intent
  return {
    allergy: ofType('AllergyIntolerance') - ended.size,
    ended: ended.size,
    statement: ofType('MedicationStatement'),
    plan: number(request('plan')),
    order: number(request('order')),
    referral: number((entry) => named(entry, 'ReferralRequest/')),
    procedure: number((entry) => named(entry, 'ProcedureRequest/')),
    unnamedLists: number(
      (entry) => entry.resourceType === 'List' && entry.sourceResourceId.includes('|List/~')
    ),
    ...Object.fromEntries(
      [
        'Condition',
        'Encounter',
        'Immunization',
        'Observation',
        'DocumentReference',
        'DiagnosticReport',
        'List'
      ].map((type) => [type, ofType(type)])
    )
  }
}

function keptOutOf({ quarantined }: Contribution): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { reason, resourceType, sections } of quarantined) {
    const key = `${reason} ${resourceType} ${sections.join('+')}`
    found[key] = (found[key] ?? 0) + 1
  }
  return found
}

function listWarningsOf({ entries }: Contribution): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { resource } of entries) {
    if (resource?.resourceType !== 'List') continue
    for (const { url, valueCodeableConcept } of resource.extension ?? []) {
      const code = valueCodeableConcept?.coding?.[0]?.code
      if (url === ukCoreExtension('ListWarningCode') && code) found[code] = (found[code] ?? 0) + 1
    }
  }
  return found
}

/** Everything that the file holds of a kind, less what was kept out. */
function expected({ keptOut, file, warnings, ...numbers }: Oracle): Record<string, number> {
  const result: Record<string, number> = { ...numbers }
  for (const [key, number] of Object.entries(keptOut)) {
    const type = key.split(' ')[1] ?? ''
    result[type] = (result[type] ?? 0) - number
  }
  return result
}

describe.skipIf(!areHere)(`real records (${orSkip})`, () => {
  const validator = createValidator()

  test.each(oracles)('$file lands whole, less what is not this person’s', (oracle) => {
    const contribution = map(oracle.file)
    expect(countsOf(contribution)).toEqual(expected(oracle))
    expect(keptOutOf(contribution)).toEqual(oracle.keptOut)
    expect(listWarningsOf(contribution)).toEqual(oracle.warnings)
  })

  test.each(oracles)('$file: people, places and products land too, each once', ({ file }) => {
    const { record } = readRecord('structured-records', file)
    const { entries } = map(file)
    for (const type of [
      'Patient',
      'Practitioner',
      'PractitionerRole',
      'Organization',
      'Location',
      'Medication'
    ]) {
      const there = resourcesIn(record).filter((resource) => resource['resourceType'] === type)
      const ids = new Set(there.map((resource) => resource['id']))
      expect(entries.filter((entry) => entry.resourceType === type)).toHaveLength(ids.size)
    }
  })

  test.each(oracles)('$file maps to valid UK Core R4', ({ file }) => {
    const faulty = map(file).entries.flatMap(({ sourceResourceId, resource }) =>
      resource ? validator.validate(resource).map((issue) => ({ sourceResourceId, ...issue })) : []
    )
    expect(faulty).toEqual([])
  })

  test.each(oracles)(
    '$file: every subject is this person, every reference leads somewhere inside',
    ({ file }) => {
      const contribution = map(file)
      expect(deadReferences(contribution)).toEqual([])
      for (const { resource } of contribution.entries) {
        const { subject, patient } = resource as { subject?: unknown; patient?: unknown }
        for (const person of [subject, patient]) {
          if (person !== undefined) expect(person).toEqual({ reference: `Patient/${patientId}` })
        }
      }
    }
  )

  test.each(oracles)('$file: each id is a FHIR id, and no two items share one', ({ file }) => {
    const { entries } = map(file)
    const ids = entries.map(({ resourceType, resource }) => `${resourceType}/${resource?.id}`)
    const names = entries.map(({ resourceType, sourceResourceId }) => `${resourceType} ${sourceResourceId}`)
    expect(new Set(ids).size).toBe(entries.length)
    expect(new Set(names).size).toBe(entries.length)
    expect(ids.filter((id) => !/^[A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.test(id))).toEqual([])
  })

  test.each(oracles)('$file: every item stands in a section', ({ file }) => {
    expect(map(file).entries.filter(({ sections }) => sections.length === 0)).toEqual([])
  })

  test.each(oracles)('$file maps to the same twice', ({ file }) => {
    expect(mapAfresh(file)).toEqual(map(file))
  })

  test.each(oracles)('$file: the answer is left as it came', ({ file }) => {
    const { record, context } = readRecord('structured-records', file)
    const before = JSON.stringify(record)
    structuredRecordToContribution(record, context)
    expect(JSON.stringify(record)).toBe(before)
  })

  test('the records that write dates as FHIR has them lose nothing', () => {
    const whole = oracles.filter(({ file }) => !/Skelly|malformed/.test(file))
    const degraded = whole.flatMap(({ file }) =>
      map(file).entries.filter(({ resource }) => isDegraded(resource ?? {}))
    )
    expect(degraded).toEqual([])
  })

  test('a malformed date lands as text and marks its item', () => {
    const { entries } = map('malformedDateStructuredRecord.json.gz')
    const degraded = entries.filter(({ resource }) => isDegraded(resource ?? {}))
    expect(degraded.map(({ sourceResourceId }) => sourceResourceId)).toEqual([
      'AllergyIntolerance/29',
      'Encounter/Encounter2',
      'Observation/Consultation1_topic2_category_Examination_Observation_1',
      'Observation/Consultation1_topic2_category_Examination_Observation_2',
      'Observation/Consultation1_topic2_category_Examination_Observation_3',
      '2|Organization/5E496953-065B-41F2-9577-BE8F2FBD0757'
    ])
    expect(degraded[0]?.resource).not.toHaveProperty('onsetDateTime')
    expect(degraded[0]?.resource).toHaveProperty('note', [{ text: 'Onset as sent: 19' }])
  })
})

/** r returned, e empty, u unsupported, n not returned, in the order of the sections; capitals are complete. */
const letters: Readonly<Record<SectionState, string>> = {
  returned: 'r',
  empty: 'e',
  unsupported: 'u',
  'not-returned': 'n'
}
const states = ({ sections }: Contribution): string =>
  sections.map(({ state, complete }) => (complete ? letters[state].toUpperCase() : letters[state])).join('')

describe.skipIf(!areHere)(`sections of real records (${orSkip})`, () => {
  // allergies medications problems consultations immunisations uncategorised investigations referrals diary
  test.each([
    ['9465698490_Daniels_full_20210602.json.gz', 'rrrrereer'],
    ['9465698679_Gainsford_full_20210602.json', 'rrrrereer'],
    ['9465699926_Sajal_full_20210122.json', 'RRRRERRRR'],
    ['9465700193_Birdi_full_20210602.json', 'reerereer'],
    ['9690937286_Skelly_large.structuredRecord.json.gz', 'RRRRRRrrn'],
    ['EMISPatientStructurede2eResponsePWTP5.json', 'RERRRREER'],
    ['MedicusBasedOnErrorStructuredRecord.json', 'EREEEREEE'],
    ['correctAllergiesContainedResourceResponse.json', 'RRRREEEEE'],
    ['correctPatientStructuredRecordResponseBodySite.json', 'ERREEREEE'],
    ['correctPatientStructuredRecordWithTextDocAttachment.json', 'EREEEREEE'],
    ['malformedDateStructuredRecord.json.gz', 'RRRRRRrrn']
  ])('%s: %s', (file, pattern) => {
    const contribution = map(file)
    expect(contribution.sections.map(({ section }) => section)).toEqual(structuredSections)
    expect(states(contribution)).toBe(pattern)
  })

  test.each([
    ['9465698490_Daniels_full_20210602.json.gz', '26-Feb-2010'],
    ['9465698679_Gainsford_full_20210602.json', '14-Mar-2019'],
    ['9465700193_Birdi_full_20210602.json', '22-Dec-2020']
  ])('%s is in transit: each section says so once, and is not complete', (file, day) => {
    for (const { warnings, complete } of map(file).sections) {
      const text = `Patient record transfer from previous GP practice not yet complete; information recorded before ${day} may be missing.`
      expect(warnings).toEqual([{ code: 'data-in-transit', text }])
      expect(complete).toBe(false)
    }
  })

  test('items left out as confidential leave their section complete', () => {
    const text = 'Items excluded due to confidentiality and/or patient preferences.'
    const warned = map('9465699926_Sajal_full_20210122.json').sections.filter(
      ({ warnings }) => warnings.length > 0
    )
    expect(warned).toEqual(
      ['problems', 'consultations', 'uncategorised'].map((section) => ({
        section,
        state: 'returned',
        warnings: [{ code: 'confidential-items', text }],
        complete: true
      }))
    )
  })
})
