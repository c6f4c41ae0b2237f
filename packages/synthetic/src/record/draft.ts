import { ageAt, daysBefore, daysBetween } from '../dates.ts'
import type { Person } from '../people.ts'
import type { Random } from '../random.ts'
import type { StructuredSection } from '../sections.ts'
import { type CodeableConcept, nameOf, type Reference, referTo, type Stu3Resource } from '../stu3.ts'
import type { Staff } from './staff.ts'

export interface Setting {
  readonly person: Person
  /** What happened: the same for this person wherever the record is kept. */
  readonly random: Random
  /** What things are called there: no two practices give the same id. */
  readonly newId: () => string
  /** The day the practice answers, an ISO date. */
  readonly asAt: string
  readonly staff: Staff
  readonly patient: Stu3Resource
  /** FHIR root of the practice, without a trailing slash; documents are addressed under it. */
  readonly baseUrl: string
}

/** A record while it is written: what there is so far, and which list names it. */
export interface Draft extends Setting {
  readonly entries: Stu3Resource[]
  /** What the primary list of a section names, in order. */
  readonly listed: ReadonlyMap<StructuredSection, readonly Reference[]>
  /** What a secondary list names, by its code. */
  readonly linked: ReadonlyMap<string, readonly Reference[]>
  /** Contained in the list of ended allergies. */
  readonly ended: Stu3Resource[]
  /** Adds an entry; with a section, the section's list names it. */
  add(resource: Stu3Resource, section?: StructuredSection): Stu3Resource
  /** Has a secondary list name the item, once. */
  link(listCode: string, item: Stu3Resource): void
}

export function createDraft(setting: Setting): Draft {
  const entries: Stu3Resource[] = []
  const listed = new Map<StructuredSection, Reference[]>()
  const linked = new Map<string, Reference[]>()
  const seen = new Set<string>()
  return {
    ...setting,
    entries,
    listed,
    linked,
    ended: [],
    add(resource, section) {
      entries.push(resource)
      if (section) append(listed, section, referTo(resource))
      return resource
    },
    link(listCode, item) {
      const once = `${listCode} ${nameOf(item)}`
      if (seen.has(once)) return
      seen.add(once)
      append(linked, listCode, referTo(item))
    }
  }
}

function append<Key>(map: Map<Key, Reference[]>, key: Key, reference: Reference): void {
  const references = map.get(key)
  if (references) references.push(reference)
  else map.set(key, [reference])
}

/** @returns a day of the person's life, no more than `withinDays` ago and never in the future. */
export function pastDay({ random, person, asAt }: Setting, withinDays = 5_475): string {
  const oldest = Math.max(1, Math.min(withinDays, daysBetween(person.birthDate, asAt)))
  return daysBefore(asAt, random.integer(1, oldest))
}

/** During surgery hours of that day, in winter time: an instant's offset is the writer's choice. */
export function surgeryTime({ random }: Setting, day: string): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${day}T${pad(random.integer(8, 17))}:${pad(random.integer(0, 11) * 5)}:00+00:00`
}

/** @returns those of a table that suit the person's age; a table without ages suits all. */
export function suitable<Row extends object>(draft: Setting, rows: readonly Row[]): readonly Row[] {
  const age = ageAt(draft.person.birthDate, draft.asAt)
  return rows.filter((row) => !('fromAge' in row) || Number(row.fromAge) <= age)
}

/** @returns whether an entry of that type carries the SNOMED CT code already. */
export function holds(draft: Draft, resourceType: string, code: string): boolean {
  return [...draft.entries, ...draft.ended].some(
    (entry) =>
      entry.resourceType === resourceType &&
      (entry['code'] as CodeableConcept | undefined)?.coding?.[0]?.code === code
  )
}
