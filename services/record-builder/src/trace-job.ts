import { setTimeout } from 'node:timers/promises'
import { isOutcomeError, type NhsNumber, type OdsCode } from '@chesil/fhir'
import {
  claimTraceRequest,
  type Database,
  findPersonByNhsNumber,
  hasObjection,
  type Ids,
  lockClaimants,
  postponeTrace,
  type Sql,
  saveTrace,
  settleClaims,
  settleTraceRequest
} from '@chesil/record-store'
import type { Logger } from '@chesil/service-kit'
import type { PdsClient, TraceOutcome } from '@chesil/source-clients'

export interface TraceDeps {
  readonly database: Database
  readonly ids: Ids
  readonly pds: Pick<PdsClient, 'trace'>
  /** ms since 1970 */
  readonly now: () => number
  /** ODS code of whoever runs this record: no reader asks. */
  readonly organisation: OdsCode
  /** At least so long from one question to the next: readers' questions come first. */
  readonly paceMs: number
  readonly onOutcome: (outcome: TraceOutcome['outcome'] | 'objection' | 'postponed') => void
}

/** For what comes before and after the question. */
const leaseMs = 30_000

/**
 * Asks PDS about a number that messages named, so that what they brought can join the person whose it is. PDS being
 * away costs nothing but time.
 */
export async function traceJob(requestId: string, deps: TraceDeps, log: Logger): Promise<void> {
  const request = await claimTraceRequest(deps.database, requestId, leaseMs)
  if (!request) return
  const pace = setTimeout(deps.paceMs)
  try {
    deps.onOutcome(await trace(request.id, request.nhsNumber, deps))
  } catch (error) {
    if (!isOutcomeError(error)) log.error({ err: error }, 'tracing failed')
    const reason = isOutcomeError(error) ? error.message : 'unexpected error while tracing'
    await postponeTrace(deps.database, request, reason)
    deps.onOutcome('postponed')
  }
  await pace
}

async function trace(
  requestId: string,
  nhsNumber: NhsNumber,
  { database, ids, pds, now, organisation }: TraceDeps
) {
  if (await hasObjection(database, nhsNumber)) {
    await settleTraceRequest(database, requestId)
    return 'objection'
  }
  const tracedAt = now()
  const outcome = await pds.trace(nhsNumber, { requestId: ids.newId(), organisation })
  await database.transaction(async (sql) => {
    await lockClaimants(sql, outcome.outcome === 'found' ? [nhsNumber, outcome.nhsNumber] : [nhsNumber])
    // Before the claims are read: one that comes meanwhile waits for us, and asks for another trace.
    await settleTraceRequest(sql, requestId)
    await keep(sql, nhsNumber, outcome, tracedAt, ids)
  })
  return outcome.outcome
}

async function keep(
  sql: Sql,
  asked: NhsNumber,
  outcome: TraceOutcome,
  tracedAt: number,
  ids: Ids
): Promise<void> {
  if (outcome.outcome === 'found') {
    const { confidentiality: status, nhsNumber: current, patient } = outcome
    const known = status === 'unrestricted' ? { patient } : {}
    await saveTrace(sql, { asked, current, status, tracedAt, ...known }, ids)
  } else if (await findPersonByNhsNumber(sql, asked)) {
    await saveTrace(sql, { asked, current: asked, status: outcome.outcome, tracedAt }, ids)
  } else {
    // Somebody we never had is not made a person by PDS not knowing them.
    await settleClaims(sql, [asked], { status: outcome.outcome, demographics: undefined }, ids)
  }
}
