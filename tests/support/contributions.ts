import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Contribution, ContributionEntry, Section, SectionStatement } from '@chesil/contracts'
import type { Observation } from '@chesil/fhir'
import { type Database, readPersonState, resourceIdOf, systemIds } from '@chesil/record-store'
import { pino } from 'pino'
import { applyJob } from '../../services/record-builder/src/apply-job.ts'

export const silent = pino({ level: 'silent' })

/** A small item of a section; `text` is its content. */
export function observation(
  sourceId: string,
  name: string,
  text = name,
  sections: Section[] = ['uncategorised']
): ContributionEntry {
  const sourceResourceId = `Observation/${name}`
  const resource: Observation = {
    resourceType: 'Observation',
    id: resourceIdOf(sourceId, 'Observation', sourceResourceId),
    status: 'final',
    code: { text }
  }
  return { resourceType: 'Observation', sourceResourceId, sections, resource }
}

export const complete = (...names: Section[]): SectionStatement[] =>
  names.map((section) => ({ section, state: 'returned', warnings: [], complete: true }))

export function snapshot(changes: Partial<Contribution>): Contribution {
  return { mode: 'snapshot', sections: [], entries: [], quarantined: [], ...changes }
}

export interface Arrival {
  readonly patientId: string
  readonly sourceId?: string
  readonly authority?: string
  /** ms since 1970: the source's time. */
  readonly at: number
  readonly expiresAt?: number
  readonly contribution: Contribution
}

/** Puts a contribution where mapping would have put it. @returns its id. */
export async function arrive(database: Database, arrival: Arrival): Promise<string> {
  const id = systemIds.newId()
  const messageId = systemIds.newId()
  const { sourceId = 'gp-test', authority = 'system' } = arrival
  const text = JSON.stringify(arrival.contribution)
  const hash = createHash('sha256').update(text).digest('base64url')
  const expiresAt = arrival.expiresAt === undefined ? null : new Date(arrival.expiresAt)
  await database.query(
    `insert into inbox_message (id, source_id, interface, authority, idempotency_key, patient_id, source_time, body,
                                body_hash, state, expires_at)
     values ($1::uuid, $2, 'gp-connect-structured', $3, ($1::uuid)::text, $4, $5, '', $6, 'mapped', $7)`,
    [messageId, sourceId, authority, arrival.patientId, new Date(arrival.at), hash, expiresAt]
  )
  await database.query(
    `insert into contribution (id, inbox_message_id, source_id, authority, patient_id, source_time, content_hash, body,
                               expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      id,
      messageId,
      sourceId,
      authority,
      arrival.patientId,
      new Date(arrival.at),
      hash,
      gzipSync(text),
      expiresAt
    ]
  )
  return id
}

/** Applies it as the record-builder does. @returns what became of it. */
export async function apply(database: Database, contributionId: string): Promise<readonly string[]> {
  const outcomes: string[] = []
  const deps = {
    database,
    ids: systemIds,
    now: Date.now,
    leaseMs: 30_000,
    onOutcome: (outcome: string) => void outcomes.push(outcome)
  }
  await applyJob(contributionId, deps, silent)
  return outcomes
}

export async function createPerson(database: Database): Promise<string> {
  const id = systemIds.newId()
  await database.query('insert into patient (id) values ($1)', [id])
  return id
}

/** The texts of what is shown of somebody now, sorted. */
export async function shownTexts(
  database: Database,
  patientId: string,
  authority = 'system'
): Promise<string[]> {
  const rows = await database.query<{ text: string }>(
    `select body::json -> 'code' ->> 'text' as text from view_entry
      where patient_id = $1 and authority = $2 and to_version is null and resource_type = 'Observation' order by 1`,
    [patientId, authority]
  )
  return rows.map(({ text }) => text)
}

export const minute = (n: number) => Date.UTC(2026, 0, 1, 0, n)

/** The source `gp-test` of a test file. */
export function createSource(db: () => Database) {
  const id = 'gp-test'
  return {
    id,
    item: (name: string, text?: string, sections?: Section[]) => observation(id, name, text, sections),

    /** @returns what became of it. */
    async say(patientId: string, at: number, contribution: Partial<Contribution>) {
      const arrived = await arrive(db(), { patientId, at, contribution: snapshot(contribution) })
      return await apply(db(), arrived)
    },

    versionOf: async (patientId: string) => (await readPersonState(db(), patientId, 'system'))?.version
  }
}
