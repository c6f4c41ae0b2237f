import { decideGate } from '@chesil/care-record'
import { isAsked, type Preflight, type SourceCatalogue, type WebhookIssue } from '@chesil/contracts'
import { findNhsNumber, type NhsNumber, OutcomeError } from '@chesil/fhir'
import {
  type ClaimedWebhook,
  type Database,
  findPersonByNhsNumber,
  isKnownToSources,
  readPersonState,
  requestPulls,
  requestTrace,
  systemIds,
  type WebhookSettlement
} from '@chesil/record-store'

export interface OpenNoticeDeps {
  readonly database: Database
  readonly catalogue: SourceCatalogue
  readonly newId: () => string
  /** ms since 1970 */
  readonly now: () => number
}

/**
 * The thin form: “person X changed, come and fetch”. Asks those of the partner's own sources that are asked, and whose
 * answers may be kept, about a person of whom those sources have told, or about whom they have been asked, and whose
 * record is open. Of anybody else there is nothing to fetch, and nothing is told: the receipt of a number that was
 * guessed says the same whoever has it. The first reader of somebody has all sources asked.
 */
export function createOpenNotice(deps: OpenNoticeDeps) {
  return async ({ body, partnerId, sourceIds }: ClaimedWebhook): Promise<WebhookSettlement> => {
    const notice = readNotice(body)
    if ('text' in notice) return { outcome: 'rejected', reason: 'not-a-notice', issues: [notice] }
    const sources = sourcesToAsk(sourceIds, deps.catalogue)
    if (sources.length === 0) return { outcome: 'rejected', reason: 'no-source', issues: [noSource] }
    const patientId = await findOpenPerson(notice.nhsNumber, sourceIds, deps)
    if (patientId === undefined) return { outcome: 'taken', inboxMessageIds: [] }
    const pulls = sources.map((source) => ({
      id: deps.newId(),
      patientId,
      sourceId: source.id,
      authority: 'system',
      reader: { userId: `partner:${partnerId}`, organisation: source.odsCode }
    }))
    const pullIds = await deps.database.transaction((sql) => requestPulls(sql, pulls))
    return { outcome: 'taken', inboxMessageIds: [], pullIds }
  }
}

/** What would become of a notice: whether it can be read, and whether any source can be asked. Of nobody anything is told. */
export const previewNotice = (
  body: Buffer,
  sourceIds: readonly string[],
  catalogue: SourceCatalogue
): Preflight => {
  const none = { gaps: [], persons: [], denied: 0 }
  const notice = readNotice(body)
  if ('text' in notice) return { ...none, outcome: 'rejected', reason: 'not-a-notice', issues: [notice] }
  if (sourcesToAsk(sourceIds, catalogue).length > 0) return { ...none, outcome: 'taken', issues: [] }
  return { ...none, outcome: 'rejected', reason: 'no-source', issues: [noSource] }
}

/** An answer for one reader's session can be asked for in that reader's name alone. */
const sourcesToAsk = (sourceIds: readonly string[], { sources }: SourceCatalogue) =>
  sources
    .filter(isAsked)
    .filter(({ id }) => sourceIds.includes(id))
    .filter(({ retention, releaseStage }) => retention === 'store' && releaseStage === 'live')

/** @throws OutcomeError `unavailable` while PDS has to be asked first. */
async function findOpenPerson(
  nhsNumber: NhsNumber,
  sourceIds: readonly string[],
  { database, now }: OpenNoticeDeps
): Promise<string | undefined> {
  const patientId = await findPersonByNhsNumber(database, nhsNumber)
  if (patientId === undefined || !(await isKnownToSources(database, patientId, sourceIds))) return undefined
  const person = await readPersonState(database, patientId, 'system')
  const gate = person ? decideGate(person, now()) : 'closed'
  if (gate !== 'trace') return gate === 'open' ? person?.patientId : undefined
  await database.transaction((sql) => requestTrace(sql, nhsNumber, systemIds))
  throw new OutcomeError('unavailable', 'PDS is asked first')
}

const noSource: WebhookIssue = {
  text: 'None of your sources is asked for what it holds: send the content itself, or have an operator register the source'
}

function readNotice(body: Buffer): { readonly nhsNumber: NhsNumber } | WebhookIssue {
  const { data } = JSON.parse(body.toString('utf8')) as { data?: { nhsNumber?: unknown } }
  const given = typeof data === 'object' && data !== null ? data.nhsNumber : undefined
  const nhsNumber = typeof given === 'string' ? findNhsNumber(given) : undefined
  if (nhsNumber !== undefined) return { nhsNumber }
  return {
    text: 'The NHS number of the person is needed: ten digits that pass the check',
    expression: 'data.nhsNumber'
  }
}
