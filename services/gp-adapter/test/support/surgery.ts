import type { PdsStatus } from '@chesil/care-record'
import type { GpPractice } from '@chesil/contracts'
import {
  type Database,
  type PullToRequest,
  recordObjection,
  requestPulls,
  saveTrace,
  systemIds
} from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import type { GpConnectOutcome, GpConnectQuestion } from '@chesil/source-clients'
// Types of what the run of tests provides: see tests/support/databases.ts.
import type {} from '../../../../tests/support/global-setup.ts'
import { gpPractice } from '../../../../tests/support/gp-practice.ts'
import type { GpPatient } from '../../../../tests/support/gp-records.ts'
import { gpPatients, practiceCode } from '../../../../tests/support/gp-records.ts'
import type { Practice } from '../../src/practices.ts'

export { useDatabase } from '../../../../tests/support/store.ts'
export { type GpPatient, practiceCode }

const patients = gpPatients.values()

/** Another one for each test. */
export function nextPatient(): GpPatient {
  const { value } = patients.next()
  if (!value) throw new Error('All people are used up')
  return value
}

const lines: string[] = []
export const log = createLogger('gp-adapter', 'trace', { write: (line) => void lines.push(line) })
export const logged = (): string => lines.join('')

export const source = (changes: Partial<GpPractice> = {}): GpPractice =>
  gpPractice({ odsCode: practiceCode, ...changes })

export const sessionSource = source({ id: 'gp-session', retention: 'session' })
export const structuredOnly = source({
  id: 'gp-structured',
  endpoint: { baseUrl: 'https://gp.test/gpconnect', asid: '1', interactions: ['structured'] }
})

export interface Answers {
  readonly structured?: () => Promise<GpConnectOutcome>
  readonly documents?: () => Promise<GpConnectOutcome>
}

export const answered = (content: unknown): GpConnectOutcome => ({
  outcome: 'answered',
  body: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
  elapsedMs: 1
})

/** Practices that answer as they are told, and keep what they were asked. */
export function createPracticesThat(answers: Answers, sources = [source(), sessionSource, structuredOnly]) {
  const asked: GpConnectQuestion[] = []
  const notDisclosed = async (): Promise<GpConnectOutcome> => ({ outcome: 'not-disclosed' })
  const practiceOf = (one: GpPractice): Practice => ({
    source: one,
    client: {
      readStructuredRecord: (question) => {
        asked.push(question)
        return (answers.structured ?? notDisclosed)()
      },
      listDocuments: () => (answers.documents ?? notDisclosed)(),
      state: () => 'closed'
    },
    close: async () => undefined
  })
  return { asked, practices: new Map(sources.map((one) => [one.id, practiceOf(one)])) }
}

/** PDS has just told of them. @returns the person's id. */
export async function meet(
  database: Database,
  { nhsNumber, demographics }: GpPatient,
  changes: { readonly status?: PdsStatus; readonly tracedAt?: number; readonly patient?: object } = {}
): Promise<string> {
  const { status = 'unrestricted', tracedAt = Date.now() } = changes
  const patient = { ...demographics, ...changes.patient }
  const trace = { asked: nhsNumber, current: nhsNumber, status, tracedAt }
  return await database.transaction((sql) =>
    saveTrace(sql, status === 'unrestricted' ? { ...trace, patient } : trace, systemIds)
  )
}

export const object = (database: Database, { nhsNumber }: GpPatient): Promise<void> =>
  database.transaction((sql) =>
    recordObjection(sql, { id: systemIds.newId(), nhsNumber, recordedBy: 'test' })
  )

/** @returns the pull's id. */
export async function request(
  database: Database,
  patientId: string,
  changes: Partial<PullToRequest> = {}
): Promise<string> {
  const pull: PullToRequest = {
    id: systemIds.newId(),
    patientId,
    sourceId: 'gp-here',
    authority: 'system',
    reader: { userId: 'u', organisation: 'R9Z' },
    ...changes
  }
  await database.transaction((sql) => requestPulls(sql, [pull]))
  return pull.id
}

export interface PullRow {
  readonly state: string
  readonly outcome: string | null
  readonly detail: string | null
  readonly attempt: number
}

export async function readPull(database: Database, id: string): Promise<PullRow | undefined> {
  const [row] = await database.query<PullRow>(
    'select state, outcome, detail, attempt from pull where id = $1',
    [id]
  )
  return row
}
