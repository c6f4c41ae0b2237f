import type { Claims } from '@chesil/access-tokens'
import { heldTypes } from '@chesil/care-record'
import type { CldSender } from '@chesil/contracts'
import { chesil, type Resource } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import { cldColumns } from '@chesil/mappers'
import { type Database, findSubmission, personIdOf, systemIds } from '@chesil/record-store'
import { buildApp } from '../../services/social-care-adapter/src/app.ts'
import type { CldReport } from '../../services/social-care-adapter/src/cld/answer.ts'
import { createFileIntake } from '../../services/social-care-adapter/src/cld/file-intake.ts'
import { mapJob } from '../../services/social-care-adapter/src/map/map-job.ts'
import { apply, silent } from './contributions.ts'

export type Cells = Readonly<Record<string, string>>

/** Somebody's home care, in the quarter to the end of June 2025. */
export const homeCare: Cells = {
  LA_Code: '810',
  Reporting_Period_Start_Date: '2025-04-01',
  Reporting_Period_End_Date: '2025-06-30',
  LA_Person_Unique_Identifier: 'P1',
  Gender: 'Female',
  Date_of_Birth: '1950-04-21',
  Client_Type: 'Service user',
  Event_Type: 'Service',
  Event_Start_Date: '2024-01-15',
  Service_Type: 'Long term support: Community',
  Service_Component: 'Home support or domiciliary care'
}

export const quarter = (start: string, end: string): Cells => ({
  Reporting_Period_Start_Date: start,
  Reporting_Period_End_Date: end
})

const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

export const csvOf = (rows: readonly Cells[]): string =>
  [
    cldColumns.join(','),
    ...rows.map((row) => cldColumns.map((column) => quoted(row[column] ?? '')).join(','))
  ].join('\r\n')

export interface FileAnswer {
  readonly status: number
  /** Of a file that was read. */
  readonly id?: string
  readonly outcome?: string
  readonly report?: CldReport
  /** Of one that was refused. */
  readonly text?: string
}

const claims: Claims = {
  iss: 'https://issuer.example',
  sub: 'council',
  aud: 'chesil',
  exp: 0,
  iat: 0,
  jti: '1',
  scope: 'system/MessageHeader.c'
}

/** A council that sends Client Level Data, and the service that takes it, up to the record. */
export function createCouncil(db: () => Database, changes: Partial<CldSender> = {}) {
  const source: CldSender = {
    id: 'dorset-cld',
    odsCode: '10A',
    name: 'Dorset Council',
    kind: 'cld',
    releaseStage: 'live',
    retention: 'store',
    agreement: 'test',
    laCode: '810',
    ...changes
  }
  const validator = createValidator({ prepare: heldTypes })
  const takeFile = createFileIntake({
    database: { ...lazy(db), each: unused, close: async () => {} },
    limits: { maxBytes: 200_000_000, maxRowBytes: 131_072 },
    newId: systemIds.newId,
    now: Date.now,
    maxFiles: 2,
    onOutcome: () => {}
  })
  const app = buildApp({
    log: silent,
    verifyToken: async (organisation) => ({ ...claims, organisation }),
    councils: new Map([[source.odsCode, source]]),
    takeFile,
    findSubmission: (id) => findSubmission(db(), id),
    uploadMs: 60_000,
    takeAdw: unused,
    answerNotice: unused,
    takePrsb: unused,
    maxMessageBytes: 1_000_000,
    trustedProxies: [],
    onRefused: () => {}
  })
  const as = (organisation: string) => ({ authorization: `Bearer ${organisation}` })

  async function post(
    payload: string | Buffer,
    query = '',
    organisation = source.odsCode
  ): Promise<FileAnswer> {
    const answer = await app.inject({
      method: 'POST',
      url: `/cld${query}`,
      headers: { 'content-type': 'text/csv', ...as(organisation) },
      payload
    })
    const { issue, ...body } = answer.json()
    return { status: answer.statusCode, ...body, ...(issue && { text: issue[0].diagnostics }) }
  }

  const mapDeps = {
    get database() {
      return db()
    },
    validator,
    ids: systemIds,
    senders: new Map([[source.id, source]]),
    mappers: new Map(),
    settleAnswer: unused,
    leaseMs: 30_000,
    onOutcome: () => {},
    onInvalid: () => {}
  }

  const personOf = (number: string) =>
    personIdOf({ system: chesil.patientNumber(source.odsCode), value: number })

  return {
    source,
    app,
    takeFile,
    personOf,
    post,
    dryRun: (rows: readonly Cells[]) => post(csvOf(rows), '?dryRun=true'),
    /** Works on one file's message. */
    map: (submissionId: string) => mapJob(submissionId, mapDeps, silent),
    /** Works on all that waits: submissions in whatever order, until none is left, and what came of them. */
    async settle(): Promise<void> {
      for (let round = 0; round < 50; round++) {
        const waiting = await db().query<{ id: string }>(
          `update inbox_message set lease_until = null where state = 'received' and source_id = $1 returning id`,
          [source.id]
        )
        if (waiting.length === 0) break
        for (const { id } of waiting) await mapJob(id, mapDeps, silent)
      }
      const ready = await db().query<{ id: string }>(
        `select id from contribution where state = 'ready' and source_id = $1 order by created_at, part`,
        [source.id]
      )
      for (const { id } of ready) await apply(db(), id)
    },
    async ask(id: string, organisation = source.odsCode): Promise<FileAnswer> {
      const answer = await app.inject({ method: 'GET', url: `/cld/${id}`, headers: as(organisation) })
      return { status: answer.statusCode, ...answer.json() }
    },
    /** What is shown of somebody now. */
    async shown(patientId: string): Promise<readonly Resource[]> {
      const rows = await db().query<{ body: string }>(
        `select body from view_entry where patient_id = $1 and source_id = $2 and to_version is null
          order by resource_type, body`,
        [patientId, source.id]
      )
      return rows.map(({ body }) => JSON.parse(body) as Resource)
    }
  }
}

/** No part of what a council's files go through. */
const unused = async (): Promise<never> => {
  throw new Error('Not part of this test')
}

/** Of a test file that opens its database in `beforeAll`. */
const lazy = (db: () => Database): Pick<Database, 'query' | 'transaction'> => ({
  query: (text, values) => db().query(text, values),
  transaction: (work) => db().transaction(work)
})
