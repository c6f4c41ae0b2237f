import type { Contribution, ContributionEntry, Section } from '@chesil/contracts'
import { findNhsNumber, type NhsNumber, type Patient, type Resource, systems } from '@chesil/fhir'
import {
  type Database,
  mergePersons,
  recordObjection,
  resourceIdOf,
  saveTrace,
  systemIds,
  unmergePersons
} from '@chesil/record-store'
import { apply, arrive, complete, snapshot } from '../../../../tests/support/contributions.ts'
import { practice as defaultPractice } from './catalogue.ts'
import type { FakePds } from './fake-pds.ts'

/** How people here are named: no refusal, error or log may hold any of it. */
export const canary = {
  family: 'Zyxcanary',
  given: 'Qwertina',
  birthDate: '1951-03-07',
  postcode: 'ZZ99 3CZ'
} as const

export interface Person {
  readonly id: string
  readonly nhsNumber: NhsNumber
}

/** An item as a source says it; what is left out is an Observation of a minute ago. */
export interface Said {
  readonly name: string
  readonly type?: Resource['resourceType']
  /** Beside its subject. */
  readonly content?: object
  readonly sections?: readonly Section[]
}

export interface Saying {
  readonly source?: string
  /** ms since 1970: the source's time. */
  readonly at?: number
  /** For one reader's session only, until then. */
  readonly session?: { readonly authority: string; readonly expiresAt: number }
  readonly sections?: readonly Section[]
}

/** Numbers in the range for tests. */
function* testNumbers(): Generator<NhsNumber, never> {
  for (let n = 1; ; n++) {
    for (let digit = 0; digit < 10; digit++) {
      const number = findNhsNumber(`999${String(n).padStart(6, '0')}${digit}`)
      if (number) yield number
    }
  }
}

export function pdsPatient(nhsNumber: NhsNumber, practice: string): Patient {
  return {
    resourceType: 'Patient',
    id: nhsNumber,
    identifier: [{ system: systems.nhsNumber, value: nhsNumber }],
    name: [{ use: 'usual', family: canary.family, given: [canary.given] }],
    gender: 'female',
    birthDate: canary.birthDate,
    address: [{ use: 'home', line: ['1 Shingle Row'], postalCode: canary.postcode }],
    generalPractitioner: [{ identifier: { system: systems.odsOrganisation, value: practice } }]
  }
}

export const idOf = ({ name, type = 'Observation' }: Said, source = 'gp-one'): string =>
  resourceIdOf(source, type, name)

export const keyOf = (said: Said, source?: string): string =>
  `${said.type ?? 'Observation'}/${idOf(said, source)}`

const names = (count: number, prefix: string): Said[] =>
  Array.from({ length: count }, (_, n) => ({ name: `${prefix}-${n}` }))

/** People of a test file: known to PDS and to us, with what sources say of them. */
export function createPeople({
  database,
  pds,
  now = Date.now
}: {
  readonly database: () => Database
  readonly pds: FakePds
  readonly now?: () => number
}) {
  const numbers = testNumbers()

  async function trace(nhsNumber: NhsNumber, practice = defaultPractice): Promise<string> {
    const patient = pdsPatient(nhsNumber, practice)
    pds.traces.set(nhsNumber, { outcome: 'found', nhsNumber, confidentiality: 'unrestricted', patient })
    const saved = { asked: nhsNumber, current: nhsNumber, tracedAt: now(), patient }
    return await database().transaction((sql) =>
      saveTrace(sql, { ...saved, status: 'unrestricted' }, systemIds)
    )
  }

  return {
    newNumber: (): NhsNumber => numbers.next().value,
    trace,

    /** Somebody whom PDS has just named to us. */
    async meet(practice?: string): Promise<Person> {
      const nhsNumber = numbers.next().value
      return { id: await trace(nhsNumber, practice), nhsNumber }
    },

    names,

    /** A source says all that it has of a person, or of some sections, and has nothing more to say for an hour. */
    async say({ id }: Person, said: readonly Said[], saying: Saying = {}): Promise<void> {
      const { source = 'gp-one', at = now(), session } = saying
      const entries = said.map((one) => entryOf(one, id, source))
      const spoken = saying.sections ?? [...new Set(entries.flatMap(({ sections }) => sections))]
      const contribution: Contribution = snapshot({ sections: complete(...spoken), entries })
      const arrival = await arrive(database(), {
        patientId: id,
        sourceId: source,
        at,
        contribution,
        ...session
      })
      const outcomes = await apply(database(), arrival)
      if (outcomes.join() !== 'applied') throw new Error(`The contribution was ${outcomes.join()}`)
      await database().query(
        `with settled as (
           update source_status set last_outcome = 'applied', last_settled_at = $3
            where patient_id = $1 and source_id = $2)
         update patient set revision = revision + 1 where id = $1`,
        [id, source, new Date(at)]
      )
    },

    /** PDS says so from now on, and we have asked. */
    async close(
      { nhsNumber }: Person,
      status: 'restricted' | 'very-restricted' | 'redacted' | 'invalidated'
    ) {
      const closed = { asked: nhsNumber, current: nhsNumber, status, tracedAt: now() }
      await database().transaction((sql) => saveTrace(sql, closed, systemIds))
    },

    async object({ nhsNumber }: Person): Promise<void> {
      const objection = { id: systemIds.newId(), nhsNumber, recordedBy: 'test' }
      await database().transaction((sql) => recordObjection(sql, objection))
    },

    /** The source said that the person does not agree. */
    async refuseConsent({ id }: Person, source: string): Promise<void> {
      await database().query(
        `with refused as (
           update source_status set consent_refused = true, last_outcome = 'refused-by-consent'
            where patient_id = $1 and source_id = $2)
         update patient set revision = revision + 1 where id = $1`,
        [id, source]
      )
    },

    /** @returns the id under which it can be undone. */
    async merge(from: Person, into: Person): Promise<string> {
      const linkId = systemIds.newId()
      const merge = { from: from.id, into: into.id, reason: 'test', linkId }
      await database().transaction((sql) => mergePersons(sql, merge, systemIds))
      return linkId
    },

    unmerge: (linkId: string): Promise<void> =>
      database().transaction((sql) => unmergePersons(sql, linkId, 'test', systemIds))
  }
}

export type People = ReturnType<typeof createPeople>

function entryOf(said: Said, patientId: string, source: string): ContributionEntry {
  const { name, type = 'Observation', content, sections = ['uncategorised'] } = said
  const resource = {
    resourceType: type,
    id: idOf(said, source),
    subject: { reference: `Patient/${patientId}` },
    ...(type === 'Observation' && { status: 'final', code: { text: name } }),
    ...content
  } as Resource
  return { resourceType: type, sourceResourceId: name, sections, resource }
}
