import { constantFrom, property, uniqueArray } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createPeople,
  createPractices,
  findEventDate,
  findSection,
  primaryLists,
  type StructuredSection,
  selectSections,
  structuredRecord,
  withUnsupportedSection
} from '../src/index.ts'
import { holds } from './holds.ts'
import { inconsistenciesOf, listOf, namesIn, ofType, resourcesOf } from './record-checks.ts'

const practices = createPractices(2)
const people = createPeople({ seed: 'demo', count: 1, practices })
const record = structuredRecord(people.at(-1) as (typeof people)[number], {
  seed: 'demo',
  size: 600,
  asAt: '2026-11-22',
  practice: practices[0] as (typeof practices)[number],
  baseUrl: 'https://practice.example/J99001/STU3/1/gpconnect'
})
const sections = primaryLists.map(({ section }) => section)
const select = (...asked: StructuredSection[]) =>
  selectSections(
    record,
    asked.map((section) => ({ section }))
  )

describe('a selection', () => {
  test('of all sections is the whole record', () => {
    expect(select(...sections)).toEqual(record)
  })

  test('of any sections is consistent, has just their lists, and holds nothing the record has not', () => {
    const known = new Set(namesIn(record))
    holds(
      property(uniqueArray(constantFrom(...sections)), (asked) => {
        const selected = select(...asked)
        expect(inconsistenciesOf(selected)).toEqual([])
        expect(new Set(resourcesOf(selected).flatMap((resource) => findSection(resource) ?? []))).toEqual(
          new Set(asked)
        )
        expect(namesIn(selected).filter((name) => !known.has(name))).toEqual([])
      })
    )
  })

  test('of one section leaves the others’ items out', () => {
    const allergies = select('allergies')
    expect(ofType(allergies, 'AllergyIntolerance')).toEqual(ofType(record, 'AllergyIntolerance'))
    for (const type of [
      'MedicationStatement',
      'Condition',
      'Observation',
      'Encounter',
      'DocumentReference'
    ]) {
      expect(ofType(allergies, type)).toEqual([])
    }
    expect(ofType(allergies, 'Patient')).toHaveLength(1)
  })

  test('of no section is the person and the practice', () => {
    const types = new Set(resourcesOf(select()).map(({ resourceType }) => resourceType))
    expect(types).toEqual(
      new Set(['Patient', 'Organization', 'Location', 'Practitioner', 'PractitionerRole'])
    )
  })

  test('of consultations has their structure, what they link to, and lists that say so', () => {
    const consultations = select('consultations')
    const structure = ofType(consultations, 'List').filter(({ encounter }) => encounter)
    expect(structure).toEqual(ofType(record, 'List').filter(({ encounter }) => encounter))
    const titles = ofType(consultations, 'List').map((list) => list['title'])
    expect(titles).toContain('Consultations - uncategorised data contained in consultations')
    expect(titles).toContain('Problems - linked problems not relating to the primary query')
    expect(titles.filter((title) => String(title).includes('related to problems'))).toEqual([])
  })

  test('of problems has their content without the consultations’ structure', () => {
    const problems = select('problems')
    expect(ofType(problems, 'Condition')).toEqual(ofType(record, 'Condition'))
    expect(ofType(problems, 'List').filter(({ encounter }) => encounter)).toEqual([])
  })

  test('without prescription issues has statements and plans only', () => {
    const selected = selectSections(record, [{ section: 'medications', issues: false }])
    expect(ofType(selected, 'MedicationStatement')).toEqual(ofType(record, 'MedicationStatement'))
    expect(new Set(ofType(selected, 'MedicationRequest').map(({ intent }) => intent))).toEqual(
      new Set(['plan'])
    )
  })

  test('without ended allergies has no list of them', () => {
    const selected = selectSections(record, [{ section: 'allergies', ended: false }])
    expect(resourcesOf(selected).filter((resource) => findSection(resource) === 'allergies')).toHaveLength(1)
  })

  test('of some items has these and what belongs to them', () => {
    const since = '2020-01-01'
    const selected = selectSections(record, [
      {
        section: 'consultations',
        choose: (visits) => visits.filter((visit) => (findEventDate(visit) ?? '') >= since)
      }
    ])
    const all = ofType(record, 'Encounter')
    const expected = all.filter((visit) => (findEventDate(visit) ?? '') >= since)
    expect(expected.length).toBeLessThan(all.length)
    expect(listOf(selected, 'consultations').entry).toHaveLength(expected.length)
    expect(ofType(selected, 'Encounter').length).toBeGreaterThanOrEqual(expected.length)
    expect(inconsistenciesOf(selected)).toEqual([])
  })

  test('of no items says that the section is empty', () => {
    const selected = selectSections(record, [{ section: 'immunisations', choose: () => [] }])
    expect(listOf(selected, 'immunisations')).toMatchObject({ emptyReason: {} })
    expect(ofType(selected, 'Immunization')).toEqual([])
  })

  test('tells of an unsupported section when it is asked for, and only then', () => {
    const without = withUnsupportedSection(record, 'investigations')
    const told = selectSections(without, [{ section: 'allergies' }, { section: 'investigations' }])
    expect(ofType(told, 'OperationOutcome')).toMatchObject([
      { issue: [{ diagnostics: 'includeInvestigations' }] }
    ])
    expect(ofType(selectSections(without, [{ section: 'allergies' }]), 'OperationOutcome')).toEqual([])
  })
})
