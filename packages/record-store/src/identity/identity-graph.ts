import type { PersonEdge } from '@chesil/care-record'
import { systems } from '@chesil/fhir'
import type { Sql } from '../database.ts'

/** A person in the neighbourhood of others, and whom they were merged into. */
export interface GraphPerson {
  readonly id: string
  /** Whom they are merged into now. */
  readonly mergedInto: string | null
  /** Of that merge. */
  readonly linkId: string | null
  readonly reason: string | null
  /** PDS knows them by a number of their own. */
  readonly isTraced: boolean
  /** They are shown somehow: a source has said something of them. */
  readonly isKnown: boolean
}

export interface GraphEdge extends PersonEdge {
  /** PDS says so, or keeps closed whose number it is; else a source says so of its own numbers. */
  readonly isVerified: boolean
}

export interface IdentityGraph {
  readonly persons: ReadonlyMap<string, GraphPerson>
  /** In the order in which they count. */
  readonly edges: readonly GraphEdge[]
}

/** `identity_link.reason` of a merge that follows from claims and statements. */
export const samePerson = 'same-person'

/** Everybody who is, was or may become one person with these, and what says so. */
export async function readIdentityGraph(sql: Sql, seeds: readonly string[]): Promise<IdentityGraph> {
  let ids = [...new Set(seeds)]
  for (;;) {
    const persons = await readTrees(sql, ids)
    const edges = await readEdges(sql, [...persons.keys()])
    const beyond = edges.flatMap(({ from, into }) => [from, into]).filter((id) => !persons.has(id))
    if (beyond.length === 0) return { persons, edges }
    ids = [...persons.keys(), ...new Set(beyond)]
  }
}

/** Row by row, by keys: a plan made from estimates of a recursion would read whole tables for a family of two. */
async function readTrees(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, GraphPerson>> {
  const rows = await sql.query<GraphPerson>(
    `with recursive
       above (id) as (
         select unnest($1::uuid[])
         union select parent.id from above cross join lateral (
                 select merged_into as id from patient
                  where patient.id = above.id and merged_into is not null offset 0) parent),
       tree (id) as (
         select id from above
         union select child.id from tree cross join lateral (
                 select id from patient where merged_into = tree.id offset 0) child)
     select person.id, person.merged_into as "mergedInto", link.id as "linkId", link.reason,
            (select true from patient_identifier where home_patient_id = person.id and system = $2
              limit 1) is not null as "isTraced",
            (select true from view_entry where patient_id = person.id and resource_id = person.id
              limit 1) is not null as "isKnown"
       from tree cross join lateral (select id, merged_into from patient where patient.id = tree.id offset 0) person
       left join lateral (select id, reason from identity_link
                           where from_patient_id = person.id and undone_at is null
                             and into_patient_id = person.merged_into offset 0) link on true
      order by person.id`,
    [ids, systems.nhsNumber]
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** SQL: what PDS confirmed or keeps closed of the persons $1; each side by its own index, for one `or` would read all. */
const verifiedBy = (side: 'claim.home_patient_id' | 'number.home_patient_id'): string => `
  select claim.home_patient_id as from, number.home_patient_id as into, false as "isMerge",
         case claim.verdict when 'agrees' then 0 else 1 end as rank, claim.nhs_number as place
    from identity_claim claim
    join patient_identifier number on number.system = $2 and number.value = claim.nhs_number
   where ${side} = any ($1::uuid[]) and claim.verdict in ('agrees', 'closed')`

/**
 * What PDS confirmed comes first, then what it keeps closed: whoever claims a restricted person's number is shown as
 * they are, to nobody, and is never shown as part of somebody else. Then what sources say, in their order. A link
 * counts until it is taken back.
 */
async function readEdges(sql: Sql, ids: readonly string[]): Promise<readonly GraphEdge[]> {
  return await sql.query<GraphEdge>(
    `with verified as (
       ${verifiedBy('claim.home_patient_id')}
       union
       ${verifiedBy('number.home_patient_id')}),
     stated as (
       select distinct on (least(from_patient_id, into_patient_id), greatest(from_patient_id, into_patient_id),
                           kind = 'merge')
              from_patient_id as from, into_patient_id as into, kind, order_time, order_sequence, order_hash
         from identity_statement
        where (from_patient_id = any ($1::uuid[]) or into_patient_id = any ($1::uuid[])) and undone_at is null
        order by least(from_patient_id, into_patient_id), greatest(from_patient_id, into_patient_id), kind = 'merge',
                 order_time desc, order_sequence desc, order_hash collate "C" desc)
     select "from", "into", "isMerge", rank < 2 as "isVerified" from (
       select distinct "from", "into", "isMerge", rank, place, null::timestamptz as at, 0 as sequence, '' as hash
         from verified
       union all
       select "from", "into", kind = 'merge', 2, '', order_time, order_sequence, order_hash
         from stated where kind <> 'unlink') edge
      order by rank, place, at, sequence, hash collate "C", "from", "into"`,
    [ids, systems.nhsNumber]
  )
}
