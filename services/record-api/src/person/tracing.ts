import type { PdsStatus } from '@chesil/care-record'
import type { NhsNumber, Patient } from '@chesil/fhir'
import {
  type Database,
  findPersonByNhsNumber,
  hasObjection,
  type Ids,
  saveTrace,
  settleClaims
} from '@chesil/record-store'
import type { PdsClient, PdsContext, PdsSearch, TraceOutcome } from '@chesil/source-clients'
import type { TraceContext } from './open-person.ts'

/** A person PDS found by name and birth date; whether they may be shown the gate still decides. */
export interface FoundPerson {
  readonly patientId: string
}

/** Asks PDS about people and keeps what it says. */
export function createTracing({
  database,
  pds,
  ids,
  now
}: {
  readonly database: Database
  readonly pds: PdsClient
  readonly ids: Ids
  /** ms since 1970 */
  readonly now: () => number
}) {
  const underWay = new Map<NhsNumber, Promise<string | undefined>>()

  async function traceOnce(nhsNumber: NhsNumber, context: TraceContext): Promise<string | undefined> {
    const tracedAt = now()
    const outcome = await pds.trace(nhsNumber, toPdsContext(context))
    if (outcome.outcome !== 'found') return await keepAbsence(nhsNumber, outcome.outcome, tracedAt)
    return await keep(nhsNumber, outcome, tracedAt)
  }

  /** Somebody we never had is not made a person by PDS not knowing them. */
  async function keepAbsence(nhsNumber: NhsNumber, status: PdsStatus, tracedAt: number) {
    return await database.transaction(async (sql) => {
      if (await findPersonByNhsNumber(sql, nhsNumber))
        return await saveTrace(sql, { asked: nhsNumber, current: nhsNumber, status, tracedAt }, ids)
      await settleClaims(sql, [nhsNumber], { status, demographics: undefined }, ids)
      return undefined
    })
  }

  async function keep(
    asked: NhsNumber,
    found: Pick<Extract<TraceOutcome, { outcome: 'found' }>, 'nhsNumber' | 'confidentiality' | 'patient'>,
    tracedAt: number
  ): Promise<string> {
    const status = found.confidentiality
    const patient: { patient?: Patient } = status === 'unrestricted' ? { patient: found.patient } : {}
    return await database.transaction((sql) =>
      saveTrace(sql, { asked, current: found.nhsNumber, status, tracedAt, ...patient }, ids)
    )
  }

  return {
    findKnown: (nhsNumber: NhsNumber) => findPersonByNhsNumber(database, nhsNumber),

    /**
     * One question at a time for each number, however many readers wait for it. An objection recorded before
     * we ever met the person is honoured without asking PDS.
     *
     * @returns the person's id; `undefined` for a number that is nobody's.
     * @throws OutcomeError as `PdsClient.trace`.
     */
    async trace(nhsNumber: NhsNumber, context: TraceContext): Promise<string | undefined> {
      const joined = underWay.get(nhsNumber)
      if (joined) return await joined
      const one = hasObjection(database, nhsNumber)
        .then((objects) => (objects ? undefined : traceOnce(nhsNumber, context)))
        .finally(() => underWay.delete(nhsNumber))
      underWay.set(nhsNumber, one)
      return await one
    },

    /**
     * @returns persons by name and birth date, those restricted left out; `undefined` for too many.
     * @throws OutcomeError as `PdsClient.search`.
     */
    async search(search: PdsSearch, context: TraceContext): Promise<readonly string[] | undefined> {
      const tracedAt = now()
      const outcome = await pds.search(search, toPdsContext(context))
      if (outcome.outcome === 'too-many') return undefined
      const found: string[] = []
      for (const match of outcome.matches) {
        if (match.confidentiality !== 'unrestricted' || (await hasObjection(database, match.nhsNumber)))
          continue
        found.push(await keep(match.nhsNumber, match, tracedAt))
      }
      return found
    }
  }
}

export type Tracing = ReturnType<typeof createTracing>

function toPdsContext({ reader, requestId }: TraceContext): PdsContext {
  return {
    requestId,
    organisation: reader.organisation,
    ...(reader.roleProfileId !== undefined && { roleProfileId: reader.roleProfileId })
  }
}
