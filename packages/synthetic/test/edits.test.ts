import { constantFrom, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createPeople,
  createPractices,
  listWarnings,
  primaryLists,
  structuredRecord,
  withAllergyEnded,
  withBadDate,
  withDegradedCode,
  withForeignItem,
  withListWarning,
  withMedicineStopped,
  withNhsNumber,
  withNotForPatient,
  withoutAllergy,
  withoutItem,
  withUnsupportedSection
} from '../src/index.ts'
import { findListCode } from '../src/sections.ts'
import { holds } from './holds.ts'
import { codesIn, inconsistenciesOf, listOf, namesIn, ofType, resourcesOf } from './record-checks.ts'

const practices = createPractices(2)
const people = createPeople({ seed: 'demo', count: 4, practices })
const options = {
  seed: 'edits',
  asAt: '2026-11-22',
  practice: practices[0] as (typeof practices)[number],
  baseUrl: 'https://practice.example/J99001/STU3/1/gpconnect'
}
const recordOf = (index: number, size: number) =>
  structuredRecord(people.at(index) as (typeof people)[number], { ...options, size })
const record = recordOf(-1, 400)

describe('an edited record', () => {
  test('leaves the record it was made from as it was', () => {
    const before = structuredClone(record)
    withMedicineStopped(record, { on: '2026-11-01' })
    withoutAllergy(record)
    withAllergyEnded(record, { on: '2026-11-01' })
    withListWarning(record, { code: 'confidential-items' })
    withUnsupportedSection(record, 'problems')
    expect(record).toEqual(before)
  })

  test('without one item is still consistent, whichever item it is', () => {
    const practiceItems = /^(Patient|Organization|Location|Practitioner)/
    holds(
      property(constantFrom(...namesIn(record).filter((name) => !practiceItems.test(name))), (name) => {
        const edited = withoutItem(record, name)
        expect(inconsistenciesOf(edited)).toEqual([])
        expect(JSON.stringify(edited)).not.toContain(`"${name}"`)
      })
    )
  })

  test('without its only allergy says that the list is empty', () => {
    const light = recordOf(0, 20)
    const edited = withoutAllergy(light)
    expect(ofType(edited, 'AllergyIntolerance')).toEqual([])
    expect(listOf(edited, 'allergies')).toMatchObject({ emptyReason: {} })
    expect(edited.entry).toHaveLength(19)
  })

  test.each([
    ['among other ended ones', record],
    ['as the first', recordOf(0, 20)]
  ])(
    'with an allergy ended, %s, holds it in that list alone, with its id, since when and why',
    (_, before) => {
      const [allergy] = ofType(before, 'AllergyIntolerance')
      const edited = withAllergyEnded(before, { on: '2026-11-01' })
      expect(inconsistenciesOf(edited)).toEqual([])
      expect(JSON.stringify(edited)).not.toContain(`"AllergyIntolerance/${allergy?.id}"`)
      const list = resourcesOf(edited).find((resource) => findListCode(resource) === '1103671000000101')
      expect(list).not.toHaveProperty('emptyReason')
      expect(list).not.toHaveProperty('note')
      expect(list?.entry?.at(-1)).toEqual({ item: { reference: `#${allergy?.id}` } })
      expect(list?.contained?.at(-1)).toMatchObject({
        ...allergy,
        clinicalStatus: 'resolved',
        extension: [{}]
      })
      expect(JSON.stringify(list?.contained?.at(-1)?.extension)).toContain('"valueDateTime":"2026-11-01"')
    }
  )

  test('with an allergy ended keeps the warnings of the list', () => {
    const warned = withListWarning(recordOf(0, 20), { code: 'data-in-transit' })
    const edited = withAllergyEnded(warned, { on: '2026-11-01' })
    const list = resourcesOf(edited).find((resource) => findListCode(resource) === '1103671000000101')
    expect(list?.['note']).toEqual([{ text: expect.stringContaining('not yet complete') }])
  })

  test('with a medicine stopped says so on statement and plan, and keeps all items', () => {
    const edited = withMedicineStopped(record, { on: '2026-11-01' })
    expect(namesIn(edited)).toEqual(namesIn(record))
    const before = ofType(record, 'MedicationStatement')
    const [statement, other] = ofType(edited, 'MedicationStatement').filter((item) => !before.includes(item))
    expect(other).toBeUndefined()
    expect(statement).toMatchObject({ status: 'stopped', effectivePeriod: { end: '2026-11-01' } })
    expect(before.find(({ id }) => id === statement?.id)).toMatchObject({ status: 'active' })
    const plan = ofType(edited, 'MedicationRequest').find(
      ({ id }) => statement?.basedOn?.[0]?.reference === `MedicationRequest/${id}`
    )
    expect(plan).toMatchObject({ status: 'stopped' })
    expect(JSON.stringify(plan)).toContain('"valueDateTime":"2026-11-01"')
  })

  test('with another NHS number is the same in all else, as is one made with the same story', () => {
    const number = people[0]?.nhsNumber as (typeof people)[number]['nhsNumber']
    const edited = withNhsNumber(record, number)
    expect(ofType(edited, 'Patient')).toMatchObject([{ identifier: [{ value: number }] }])
    expect(resourcesOf(edited).slice(1)).toEqual(resourcesOf(record).slice(1))
    const person = people.at(-1) as (typeof people)[number]
    const made = structuredRecord(
      { ...person, nhsNumber: number },
      { ...options, size: 400, story: person.nhsNumber }
    )
    expect(made).toEqual(edited)
  })

  test('cannot lose what it has not', () => {
    expect(() =>
      withMedicineStopped(record, { on: '2026-11-01', medicine: 'MedicationStatement/none' })
    ).toThrow(RangeError)
    expect(() => withoutAllergy(record, 'AllergyIntolerance/none')).toThrow(RangeError)
    expect(() => withAllergyEnded(record, { on: '2026-11-01', allergy: 'AllergyIntolerance/none' })).toThrow(
      RangeError
    )
  })
})

describe('a defective record', () => {
  test.each(listWarnings)('carries %s on every primary list, as a code and in words', (code) => {
    const edited = withListWarning(record, { code })
    for (const { section } of primaryLists) {
      const list = listOf(edited, section)
      expect(list.extension?.at(-1)).toMatchObject({ valueCode: code })
      expect(list['note']).toBeDefined()
    }
  })

  test('carries a warning on one list only when only that is meant', () => {
    const edited = withListWarning(record, { code: 'confidential-items', sections: ['problems'] })
    expect(JSON.stringify(edited).split('confidential-items')).toHaveLength(2)
    expect(JSON.stringify(listOf(edited, 'problems'))).toContain('confidential-items')
  })

  test('says since when data are in transit', () => {
    const edited = withListWarning(record, { code: 'data-in-transit', since: '2024-02-29' })
    expect(JSON.stringify(listOf(edited, 'diary'))).toContain(
      'information recorded before 29-Feb-2024 may be missing.'
    )
  })

  test('has lost an unsupported section, and says which', () => {
    const edited = withUnsupportedSection(record, 'immunisations')
    expect(() => listOf(edited, 'immunisations')).toThrow()
    expect(inconsistenciesOf(edited)).toEqual([])
    expect(ofType(edited, 'OperationOutcome')).toMatchObject([
      { issue: [{ severity: 'warning', code: 'not-supported', diagnostics: 'includeImmunisations' }] }
    ])
  })

  test('can have two unsupported sections', () => {
    const edited = withUnsupportedSection(withUnsupportedSection(record, 'diary'), 'referrals')
    expect(JSON.stringify(ofType(edited, 'OperationOutcome'))).toMatch(
      /includeDiaryEntries.*includeReferrals/
    )
  })

  test('labels one item as not for the patient to see', () => {
    const labelled = resourcesOf(withNotForPatient(record)).filter(({ meta }) => meta?.security)
    expect(labelled).toHaveLength(1)
    expect(codesIn(labelled[0]?.meta)).toEqual(['NOPAT'])
  })

  test('has an allergy that lost its code, with text', () => {
    expect(codesIn(ofType(withDegradedCode(record), 'AllergyIntolerance'))).toContain('196461000000101')
  })

  test('has a date that no calendar has', () => {
    expect(JSON.stringify(withBadDate(record)).split('2019-02-30')).toHaveLength(2)
  })

  test('has one item of somebody else', () => {
    const edited = withForeignItem(record, 'Patient/another')
    expect(
      resourcesOf(edited).filter(({ subject }) => subject?.reference === 'Patient/another')
    ).toHaveLength(1)
  })
})
