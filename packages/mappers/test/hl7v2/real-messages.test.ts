import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import type { ContributionEntry } from '@chesil/contracts'
import { describe, expect, test } from 'vitest'
import { hl7v2ToContributions } from '../../src/hl7v2/hl7v2-to-contribution.ts'
import { faultsIn } from './faults.ts'
import { foldAll, mapped, sending } from './sending.ts'

/** Published messages about synthetic patients. They are other people's, and stay where they are. */
const folder = path.resolve(import.meta.dirname, '../../../../../shared/data/hl7v2')
const isHere = existsSync(folder)
const orSkip = 'these tests read messages from ../shared/data, and are skipped where that folder is absent'
const files = isHere
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.hl7'))
      .sort()
  : []

const read = (file: string) => readFileSync(path.join(folder, file), 'utf8')
/** Samples of the UK have a number that is nobody's; these tests give them one that passes the check digit. */
const readWithNumber = (file: string) => read(file).replaceAll('3333333333', '9434765919')

/** Types of a file's items, in the order of the alphabet; and the kinds of what it says of numbers. */
const outcomes: Readonly<Record<string, string>> = {
  'linuxforhealth/ADT-A34-min.hl7': 'Patient merge',
  'linuxforhealth/ADT-A40-multi.hl7': 'Patient Patient Patient Patient merge merge merge !identity-conflict',
  'linuxforhealth/ADT-A40-xyz.hl7': 'Patient merge',
  'microsoft-2.x/ADT-A01-01.hl7':
    'AllergyIntolerance Condition Encounter Observation Patient Procedure RelatedPerson',
  'microsoft-2.x/ADT-A02-01.hl7': 'Encounter Observation Patient',
  'microsoft-2.x/ADT-A03-01.hl7':
    'AllergyIntolerance Condition Encounter Observation Patient Procedure RelatedPerson',
  'microsoft-2.x/ADT-A11-01.hl7': 'Encounter Observation Patient',
  'microsoft-2.x/ADT-A40-01.hl7': 'Patient merge',
  'microsoft-2.x/ADT-A45-01.hl7': 'Encounter Patient !identity-conflict',
  'microsoft-2.x/ADT-A47-01.hl7': 'Patient merge',
  'microsoft-2.x/ADT01-23.hl7': 'Condition Encounter Patient RelatedPerson',
  'uk-itk-2.4/ITK-ADT-A01.hl7': 'AllergyIntolerance Condition Encounter Patient Procedure RelatedPerson',
  'uk-itk-2.4/ITK-ADT-A03.hl7': 'Encounter Patient',
  'uk-itk-2.4/ITK-ADT-A04.hl7': 'AllergyIntolerance Encounter Patient Procedure RelatedPerson',
  'uk-itk-2.4/ITK-ADT-A28.hl7': 'AllergyIntolerance Patient RelatedPerson',
  'uk-itk-2.4/ITK-ADT-A31.hl7': 'AllergyIntolerance AllergyIntolerance Patient RelatedPerson',
  'uk-tie/HL7-v2.4-ADT-A01-Admit-Inpatient.hl7': 'Encounter Patient RelatedPerson',
  'uk-tie/HL7-v2.4-ADT-A05-Pre-Admit-Patient.hl7': 'AllergyIntolerance Encounter Patient RelatedPerson'
}

function outcomeOf(text: string): string {
  const { parts } = mapped(text)
  const types = parts.flatMap(({ contribution }) =>
    contribution.entries.flatMap(({ resourceType, event }) => (event?.deletes ? [] : [resourceType]))
  )
  const kinds = parts.flatMap(({ identity }) => identity.map(({ kind }) => kind))
  const reasons = parts.flatMap(({ contribution }) =>
    contribution.quarantined.map(({ reason }) => `!${reason}`)
  )
  return [...types.sort(), ...kinds, ...reasons].join(' ')
}

/** Whom an entry is about, as it says itself. */
function personsIn({ resource, event }: ContributionEntry): unknown[] {
  const { subject, patient } = (resource ?? event?.base ?? {}) as { subject?: unknown; patient?: unknown }
  return [subject, patient].filter((person) => person !== undefined)
}

describe.skipIf(!isHere)(`published messages (${orSkip})`, () => {
  test('are all here', () => {
    expect(files).toHaveLength(42)
  })

  test.each(Object.entries(outcomes))('%s: %s', (file, expected) => {
    expect(outcomeOf(readWithNumber(file))).toBe(expected)
  })

  test.each(files)('%s maps, or is refused because it names nobody', (file) => {
    const result = hl7v2ToContributions(read(file), sending())
    const namesNobody = read(file).includes('3333333333')
    expect(result.outcome === 'refused' ? result.reason : 'mapped').toBe(namesNobody ? 'no-person' : 'mapped')
  })

  test.each(files)('%s maps to valid UK Core R4', (file) => {
    const { parts } = mapped(readWithNumber(file))
    const whole = parts.flatMap(({ contribution }) =>
      contribution.entries.flatMap(({ sourceResourceId, resource, event }) => {
        const told = resource ?? event?.base
        return told ? [[sourceResourceId, told] as const] : []
      })
    )
    expect(faultsIn([...whole, ...foldAll([readWithNumber(file)])])).toEqual([])
  })

  test.each(files)('%s: every item stands in a section, once, and is about its person', (file) => {
    const context = sending()
    for (const { subject, contribution } of mapped(readWithNumber(file), context).parts) {
      const person = { reference: `Patient/${context.personId(subject.local)}` }
      const { entries } = contribution
      const names = entries.map(({ resourceType, sourceResourceId }) => `${resourceType} ${sourceResourceId}`)
      expect(new Set(names).size).toBe(names.length)
      expect(entries.filter(({ sections }) => sections.length === 0)).toEqual([])
      for (const entry of entries) expect(personsIn(entry)).toEqual(personsIn(entry).map(() => person))
    }
  })

  test.each(files)('%s: every item has the id that its name has', (file) => {
    const context = sending()
    for (const { contribution } of mapped(readWithNumber(file), context).parts) {
      for (const { resourceType, sourceResourceId, resource, event } of contribution.entries) {
        const id = context.resourceId(resourceType, sourceResourceId)
        expect((resource ?? event?.base)?.id ?? id).toBe(id)
      }
    }
  })

  test.each(files)('%s maps to the same twice', (file) => {
    expect(mapped(readWithNumber(file))).toEqual(mapped(readWithNumber(file)))
  })
})
