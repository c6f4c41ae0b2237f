import type { ContributionEntry } from '@chesil/contracts'
import { findDateInterval } from '@chesil/fhir'
import { toDateTime } from '../date-time.ts'
import { concepts } from '../elements/concepts.ts'
import { dateTime } from '../elements/dates.ts'
import { toPractitioner } from '../elements/people.ts'
import { newReading } from '../elements/reading.ts'
import { allOf, field, type Segment, text } from '../message.ts'
import { codeKey, codeOf, encounterOf, type Found } from './diagnoses.ts'
import { type Group, personKey, personReference } from './group.ts'
import { deletionEntry, eventEntry, nameOf, newTelling, tell } from './telling.ts'

const sections = ['procedures'] as const

/** PR1: procedures of a stay; without one, of the person. */
export function procedures(group: Group, visit: string | undefined): Found {
  const found: Found = { entries: [], quarantined: [], ofVisit: {} }
  for (const segment of allOf(group.segments, 'PR1')) {
    const entry = procedureEntry(segment, group, visit)
    if (entry) found.entries.push(entry)
    else
      found.quarantined.push({ reason: 'invalid', resourceType: 'Procedure', sections, expression: 'PR1-3' })
  }
  return found
}

function procedureEntry(
  segment: Segment,
  group: Group,
  visit: string | undefined
): ContributionEntry | undefined {
  const reading = newReading(group.message, group.context)
  const code = codeOf(segment, 'Procedure', reading)
  if (code === undefined) return undefined
  const performed = toDateTime(text(segment, 5))
  const number = text(segment, 19)
  const told = {
    resourceType: 'Procedure' as const,
    key: nameOf(
      visit ?? personKey(group),
      'procedure',
      codeKey(segment, 19),
      number === undefined ? (performed ?? '') : ''
    ),
    sections,
    part: visit,
    base: {
      status: statusAt(performed, group),
      code,
      subject: personReference(group),
      ...encounterOf(visit, group)
    }
  }
  if (text(segment, 20)?.toUpperCase() === 'D') return deletionEntry(told, group, reading)
  const telling = newTelling()
  tell(telling, 'performedDateTime', [segment, 5], dateTime(segment, 5, 'Performed', reading))
  for (const number of [8, 11, 12]) {
    const people = field(segment, number).flatMap((value) => toPractitioner(value, reading) ?? [])
    const performers = people.map((actor) => ({ actor }))
    tell(telling, `performer#${number}`, [segment, number], performers.length > 0 ? performers : undefined)
  }
  tell(telling, 'reasonCode', [segment, 15], concepts(segment, 15, 'Reason', reading))
  return eventEntry(told, telling, group, reading)
}

/** A message before the procedure, or before the stay, tells of a plan; on its day it may tell of either. */
function statusAt(performed: string | undefined, { at, trigger }: Group): string {
  const [when, now] = [performed, at].map((date) => (date === undefined ? undefined : findDateInterval(date)))
  const isPlan = when !== undefined && now !== undefined && when.low >= now.high
  if (isPlan || trigger.status === 'planned') return 'preparation'
  return when !== undefined && now !== undefined && when.high <= now.low ? 'completed' : 'unknown'
}
