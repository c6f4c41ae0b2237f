import { OutcomeError } from '@chesil/fhir'
import type { Sql } from './database.ts'
import type { LockedPerson } from './view-writing.ts'

/** Somebody whose facts about a source a message changes. */
export interface Hearer {
  readonly patientId: string
  /** The person asked about, or whoever they were merged into; else somebody who was merged into them. */
  readonly isAbove: boolean
  /** The message is about them: what it says of its sections holds for them. */
  readonly isSpokenFor: boolean
  /** And about everybody who is merged into them: nothing is left to be asked again. */
  readonly isWhole: boolean
}

/** About whom a message is, and who is to know of it. */
export interface SpokenFor {
  /** Ids of all it is about: items of others are not withdrawn by its silence. */
  readonly persons: readonly string[]
  /** The person asked about first, then whoever they were merged into, then those merged into them. */
  readonly hearers: readonly [Hearer, ...Hearer[]]
}

/**
 * A source was asked about one person, and with them about those who were merged into them by then. Who was
 * merged since is not meant: an answer to the question about one half says nothing of the other.
 *
 * @param home Who was asked about, wherever they have been merged to since.
 * @param askedAt ms since 1970
 */
export async function readSpokenFor(sql: Sql, home: string, askedAt: number): Promise<SpokenFor> {
  const rows = await sql.query<Hearer>(
    `with recursive
       meant (id) as (
         select $1::uuid
         union select link.from_patient_id from identity_link link join meant on link.into_patient_id = meant.id
                where link.undone_at is null and link.linked_at <= $2),
       survivor (id) as (
         select $1::uuid
         union select patient.merged_into from patient join survivor on patient.id = survivor.id
                where patient.merged_into is not null),
       part (hearer, id) as (
         select id, id from (select id from meant union select id from survivor) hearer
         union select hearer, patient.id from patient join part on patient.merged_into = part.id)
     select hearer as "patientId", hearer in (select id from survivor) as "isAbove",
            hearer in (select id from meant) as "isSpokenFor",
            bool_and(id in (select id from meant)) as "isWhole"
       from part group by hearer
      order by hearer <> $1, hearer not in (select id from survivor), hearer`,
    [home, new Date(askedAt)]
  )
  const [first = { patientId: home, isAbove: true, isSpokenFor: true, isWhole: true }, ...others] = rows
  const persons = [first, ...others].filter(({ isSpokenFor }) => isSpokenFor)
  return { persons: persons.map(({ patientId }) => patientId), hearers: [first, ...others] }
}

/**
 * Locks a person, or whoever they have been merged into by the time the lock is ours.
 *
 * @throws OutcomeError `notFound` for nobody.
 */
export async function lockSurvivor(sql: Sql, patientId: string): Promise<LockedPerson> {
  for (let id = patientId; ; ) {
    const [person] = await sql.query<LockedPerson>(
      'select id, version, merged_into as "mergedInto" from patient where id = $1 for update',
      [id]
    )
    if (!person) throw new OutcomeError('notFound', 'No such person')
    if (person.mergedInto === null) return person
    id = person.mergedInto
  }
}

/** As `lockSurvivor`, against merges only: for a row that will point to the person. */
export async function holdSurvivor(sql: Sql, patientId: string): Promise<string> {
  for (let id = patientId; ; ) {
    const [person] = await sql.query<{ mergedInto: string | null }>(
      'select merged_into as "mergedInto" from patient where id = $1 for key share',
      [id]
    )
    if (!person) throw new OutcomeError('notFound', 'No such person')
    if (person.mergedInto === null) return id
    id = person.mergedInto
  }
}

/** @returns the person's id and those of all merged into them, through others too. */
export async function readMergedPersons(sql: Sql, patientId: string): Promise<readonly string[]> {
  const rows = await sql.query<{ id: string }>(
    `with recursive part (id) as (
       select $1::uuid union select patient.id from patient join part on patient.merged_into = part.id)
     select id from part`,
    [patientId]
  )
  return rows.map(({ id }) => id)
}
