import type { Section } from '@chesil/contracts'
import { systems } from '@chesil/fhir'
import type { Json } from '../json.ts'
import { codesOf } from './elements/coding.ts'
import { type SectionSet, setOf } from './section-set.ts'
import primaryLists from './tables/primary-lists.json' with { type: 'json' }

/**
 * What a List is for is read from its SNOMED code and never from its title: real records title a list of
 * uncategorised data "Medication List".
 *
 * `TBD` and 886721000000107 are what older drafts of GP Connect called ended allergies and referrals.
 */
const primary: ReadonlyMap<string, Section> = new Map(Object.entries(primaryLists) as [string, Section][])

const ended = new Set(['1103671000000101', 'TBD'])
/** One consultation, a topic of it, a heading of a topic. */
const consultation = new Set(['325851000000107', '25851000000105', '24781000000107'])

const snomedCodes = (list: Json): string[] =>
  codesOf(list['code'], (system) => system === undefined || system === systems.snomed)

/** @returns the section that the list is the content of; `undefined` for all other lists. */
export function sectionOfList(list: Json): Section | undefined {
  for (const code of snomedCodes(list)) {
    const section = primary.get(code)
    if (section) return section
  }
  return undefined
}

export const isEndedList = (list: Json): boolean => snomedCodes(list).some((code) => ended.has(code))

const isSecondary = (system: string | undefined): boolean =>
  system?.includes('/GPConnect-SecondaryListValues') === true

/** Where a list stands by what it says of itself: a list of what consultations contain is part of them. */
export function sectionsOfList(list: Json): SectionSet {
  const section = sectionOfList(list)
  if (section) return setOf(section)
  if (snomedCodes(list).some((code) => consultation.has(code))) return setOf('consultations')
  const codes = codesOf(list['code'], isSecondary)
  if (codes.some((code) => code.startsWith('consultations-'))) return setOf('consultations')
  return codes.some((code) => code.startsWith('problems-')) ? setOf('problems') : setOf()
}
