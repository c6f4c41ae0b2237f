import { OutcomeError } from '@chesil/fhir'
import type { Sql } from './database.ts'
import { findSurvivor } from './person-state.ts'
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
 * Locks a person, or whoever they have been merged into by the time the lock is ours; nobody on the way there, for merges
 * lock in another order. Who is merged into somebody changes only under the lock of whoever stands for both.
 *
 * @throws OutcomeError `notFound` for nobody.
 */
export const lockSurvivor = (sql: Sql, patientId: string): Promise<LockedPerson> =>
  lockWhoStandsFor(sql, patientId, 'update')

/** As `lockSurvivor`, against merges only: for a row that will point to the person. */
export const holdSurvivor = async (sql: Sql, patientId: string): Promise<string> =>
  (await lockWhoStandsFor(sql, patientId, 'key share')).id

async function lockWhoStandsFor(
  sql: Sql,
  patientId: string,
  strength: 'update' | 'key share'
): Promise<LockedPerson> {
  for (;;) {
    const [[person], survivor] = await Promise.all([
      sql.query<LockedPerson>(
        `with recursive survivor as (
           select id, merged_into from patient where id = $1
           union all select patient.id, patient.merged_into from patient join survivor on patient.id = survivor.merged_into)
         select id, version, merged_into as "mergedInto" from patient
          where id = (select id from survivor where merged_into is null) for ${strength}`,
        [patientId]
      ),
      findSurvivor(sql, patientId)
    ])
    if (!person) throw new OutcomeError('notFound', 'No such person')
    if (person.id === survivor) return person
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
