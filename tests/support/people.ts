import { findNhsNumber, type NhsNumber, type Patient, systems } from '@chesil/fhir'
import {
  type Database,
  endPull,
  mergePersons,
  type PullEnd,
  readPersonState,
  readView,
  requestPulls,
  resourceIdOf,
  saveTrace,
  systemIds,
  type TraceToSave,
  unmergePersons
} from '@chesil/record-store'
import { apply, arrive, complete, observation, snapshot } from './contributions.ts'

/** Numbers in the range for tests: `n` counts up to a check digit that exists. */
function* testNumbers(): Generator<NhsNumber, never> {
  for (let n = 1; ; n++) {
    for (let digit = 0; digit < 10; digit++) {
      const number = findNhsNumber(`999${String(n).padStart(6, '0')}${digit}`)
      if (number) yield number
    }
  }
}

export const pdsPatient = (nhsNumber: NhsNumber, changes: Partial<Patient> = {}): Patient => ({
  resourceType: 'Patient',
  id: nhsNumber,
  identifier: [{ system: systems.nhsNumber, value: nhsNumber }],
  name: [{ use: 'usual', family: 'Weir', given: ['Ada'] }],
  birthDate: '1950-04-21',
  address: [{ line: ['1 Shingle Row'], postalCode: 'DT3 4AA' }],
  generalPractitioner: [{ identifier: { system: systems.odsOrganisation, value: 'J81001' } }],
  ...changes
})

export interface Saying {
  /** ms since 1970: when the source was asked; now when absent. */
  readonly at?: number
  /** Names of other texts than themselves. */
  readonly texts?: Readonly<Record<string, string>>
}

/** Persons of a test file as PDS and their sources tell of them. */
export function createPersons(db: () => Database) {
  const numbers = testNumbers()
  const next = (): NhsNumber => numbers.next().value
  let tracedAt = Date.UTC(2026, 0, 1)
  let sources = 0

  function trace(changes: Partial<TraceToSave> & { asked: NhsNumber }): Promise<string> {
    const current = changes.current ?? changes.asked
    const status = changes.status ?? 'unrestricted'
    tracedAt += 60_000
    const known = status === 'unrestricted' ? { patient: pdsPatient(current) } : {}
    const saved: TraceToSave = { current, status, tracedAt, ...known, ...changes }
    return db().transaction((sql) => saveTrace(sql, saved, systemIds))
  }

  /** What a source answered on being asked about somebody, waiting to be applied. @returns its id. */
  async function answer(patientId: string, sourceId: string, names: readonly string[], saying: Saying = {}) {
    const { at = await now(), texts = {} } = saying
    const entries = names.map((name) => {
      const entry = observation(sourceId, name, texts[name])
      const subject = { reference: `Patient/${patientId}` }
      return { ...entry, resource: { ...entry.resource, subject } as typeof entry.resource & object }
    })
    const contribution = snapshot({ sections: complete('uncategorised'), entries })
    return await arrive(db(), { patientId, sourceId, at, contribution })
  }

  /** ms since 1970, by the clock of Postgres, and later than whatever was done before. */
  async function now(): Promise<number> {
    const [row] = await db().query<{ now: number }>('select clock_timestamp() as now, pg_sleep(0.002)')
    return (row as { now: number }).now + 1
  }

  return {
    next,
    now,
    answer,

    trace,

    /** Somebody new. */
    meet: () => trace({ asked: next() }),

    async meetAll(count: number) {
      const ids: string[] = []
      for (let n = 0; n < count; n++) ids.push(await trace({ asked: next() }))
      return ids as [string, string, string, string]
    },

    newSource: () => `gp-${++sources}`,

    async say(patientId: string, sourceId: string, names: readonly string[], saying: Saying = {}) {
      return await apply(db(), await answer(patientId, sourceId, names, saying))
    },

    async merge(from: string, into: string): Promise<string> {
      const linkId = systemIds.newId()
      await db().transaction((sql) => mergePersons(sql, { from, into, reason: 'test', linkId }, systemIds))
      return linkId
    },

    unmerge: (linkId: string): Promise<void> =>
      db().transaction((sql) => unmergePersons(sql, linkId, 'test', systemIds)),

    /** @returns the id of the pull that is under way. */
    async request(patientId: string, sourceId: string): Promise<string> {
      const pull = { id: systemIds.newId(), patientId, sourceId, authority: 'system' }
      const reader = { userId: 'u', organisation: 'R9Z' }
      const [id] = await db().transaction((sql) => requestPulls(sql, [{ ...pull, reader }]))
      return id as string
    },

    async end(pullId: string, patientId: string, sourceId: string, outcome: PullEnd['outcome']) {
      const end = { pullId, patientId, sourceId, authority: 'system', outcome }
      await db().transaction((sql) => endPull(sql, end))
    },

    async knownSources(patientId: string) {
      return (await readPersonState(db(), patientId, 'system'))?.sources.map(({ sourceId }) => sourceId)
    },

    stateOf: (patientId: string) => readPersonState(db(), patientId, 'system'),

    async sourceOf(patientId: string, sourceId: string) {
      const state = await readPersonState(db(), patientId, 'system')
      return state?.sources.find((source) => source.sourceId === sourceId)
    },

    /** The texts that somebody's readers see, sorted, after a look that none is about another. */
    async shown(patientId: string): Promise<readonly string[]> {
      const state = await readPersonState(db(), patientId, 'system')
      const view = await readView(db(), patientId, state?.version ?? 0, 'system')
      const items = view.filter(({ resourceType }) => resourceType === 'Observation')
      const others = items.filter(({ body }) => !body.includes(`"Patient/${patientId}"`))
      if (others.length > 0) throw new Error('An item is shown as about somebody else')
      return items
        .map(({ body }) => (JSON.parse(body) as { code: { text: string } }).code.text)
        .toSorted((one, other) => (one < other ? -1 : 1))
    },

    itemId: (sourceId: string, name: string) => resourceIdOf(sourceId, 'Observation', `Observation/${name}`)
  }
}
