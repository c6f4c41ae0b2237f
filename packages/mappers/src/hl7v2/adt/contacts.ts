import type { ContributionEntry } from '@chesil/contracts'
import { defined } from '@chesil/fhir'
import { toDate, toDateTime } from '../date-time.ts'
import { concept } from '../elements/concepts.ts'
import { contacts, names } from '../elements/people.ts'
import { isInOrder } from '../elements/period.ts'
import { addresses } from '../elements/places.ts'
import { keepAsText, newReading, type Reading } from '../elements/reading.ts'
import { allOf, type Segment, text } from '../message.ts'
import { genderOfCode } from '../subject.ts'
import { type Group, personKey, personReference } from './group.ts'
import { personSections } from './person.ts'
import { eventEntry, nameOf, newTelling, plain, type Telling, tell } from './telling.ts'

/**
 * NK1: next of kin and other people of the person's. They have no number; one is known by their name, and a
 * nameless one by their place in the list.
 */
export const contactEntries = (group: Group): ContributionEntry[] =>
  allOf(group.segments, 'NK1').flatMap((segment) => contactEntry(segment, group) ?? [])

function contactEntry(segment: Segment, group: Group): ContributionEntry | undefined {
  const reading = newReading(group.message, group.context)
  const [name] = names(segment, 2) ?? []
  const who = plain([name?.family, ...(name?.given ?? [])].filter(Boolean).join(' '))
  const known = who === '' ? text(segment, 1) : who
  if (known === undefined) return undefined
  const telling = newTelling()
  tellContact(telling, segment, reading)
  const told = {
    resourceType: 'RelatedPerson' as const,
    key: nameOf(personKey(group), 'contact', known),
    sections: personSections,
    base: { patient: personReference(group) }
  }
  return eventEntry(told, telling, group, reading)
}

function tellContact(telling: Telling, segment: Segment, reading: Reading): void {
  tell(telling, 'name', [segment, 2], names(segment, 2))
  for (const [key, number, label] of [
    ['1', 3, 'Relationship'],
    ['2', 7, 'Role']
  ] as const) {
    const found = concept(segment, number, label, reading)
    tell(telling, `relationship#${key}`, [segment, number], found && [found])
  }
  tell(telling, 'address', [segment, 4], addresses(segment, 4))
  for (const [number, use] of [
    [5, 'home'],
    [6, 'work']
  ] as const) {
    const found = contacts(segment, number, use)
    tell(telling, `telecom#${number}`, [segment, number], found.length > 0 ? found : undefined)
  }
  const period = defined({ start: toDateTime(text(segment, 8)), end: toDateTime(text(segment, 9)) })
  if (Object.keys(period).length > 0 && isInOrder(period.start, period.end))
    tell(telling, 'period', [segment, 8], period)
  const gender = genderOfCode(text(segment, 15))
  if (gender === undefined) keepAsText(text(segment, 15), 'Sex', reading)
  tell(telling, 'gender', [segment, 15], gender)
  tell(telling, 'birthDate', [segment, 16], toDate(text(segment, 16)))
}
