import { setTimeout as sleep } from 'node:timers/promises'
import type { CldSender, Preflight, WebhookIssue } from '@chesil/contracts'
import { isOutcomeError } from '@chesil/fhir'
import { previewOfDoor } from '@chesil/message-intake'
import type { ClaimedWebhook, WebhookSettlement } from '@chesil/record-store'
import type { FileIntake } from './file-intake.ts'
import type { RejectedRows } from './report.ts'
import type { FileTaken } from './take-file.ts'

export interface CldDoorDeps {
  readonly councils: readonly CldSender[]
  readonly takeFile: FileIntake
  /** How long an event waits while another file of its council is read. Default 120,000. */
  readonly patienceMs?: number
}

const pauseMs = 500
const mostIssues = 50

/**
 * Rows of Client Level Data that a partner sent to the gateway: a whole submission, taken as a file is.
 *
 * @throws OutcomeError `unavailable`: it may be tried again.
 */
export function createCldDoor({ councils, takeFile, patienceMs = 120_000 }: CldDoorDeps) {
  return async ({ body, sourceIds }: ClaimedWebhook): Promise<WebhookSettlement> => {
    const [council, ...others] = councils.filter(({ id }) => sourceIds.includes(id))
    if (!council) return reject('no-source', [noSource])
    if (others.length > 0) return reject('ambiguous-source', [ambiguous])
    let rows: readonly RejectedRows[] = []
    const onRefused = (rejected: typeof rows) => {
      rows = rejected
    }
    try {
      const take = () => takeFile(once(body), council, { onRefused })
      const { submissionId } = await takeInTurn(take, patienceMs)
      return { outcome: 'taken', inboxMessageIds: submissionId === undefined ? [] : [submissionId] }
    } catch (error) {
      if (!isOutcomeError(error) || error.kind !== 'invalid') throw error
      return reject('invalid-file', [{ text: error.message }, ...rows.flatMap(toIssues)])
    }
  }
}

/** What would become of it: the file is read as in a dry run, and nothing of it is kept. */
export const createCldPreview =
  ({ councils, takeFile }: Pick<CldDoorDeps, 'councils' | 'takeFile'>) =>
  async (event: ClaimedWebhook): Promise<Preflight> => {
    let report: unknown
    const checking: FileIntake = async (bytes, source, options) => {
      const taken = await takeFile(bytes, source, { ...options, isDryRun: true })
      report = taken.report
      return taken
    }
    const settlement = await createCldDoor({ councils, takeFile: checking, patienceMs: 0 })(event)
    return { ...previewOfDoor(settlement), ...(report !== undefined && { report }) }
  }

const noSource: WebhookIssue = {
  text: 'None of your sources sends Client Level Data: have an operator register one of the kind cld'
}
const ambiguous: WebhookIssue = {
  text: 'Several of your sources send Client Level Data: have a partner registered for each council'
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Attempts are few, and a file may be read for minutes: whoever waits for their turn has not failed. */
async function takeInTurn(take: () => Promise<FileTaken>, patienceMs: number): Promise<FileTaken> {
  const until = Date.now() + patienceMs
  for (;;) {
    try {
      return await take()
    } catch (error) {
      if (!isOutcomeError(error) || error.kind !== 'unavailable' || Date.now() >= until) throw error
      await sleep(pauseMs)
    }
  }
}

const reject = (reason: string, issues: readonly WebhookIssue[]): WebhookSettlement => ({
  outcome: 'rejected',
  reason,
  issues: issues.slice(0, mostIssues)
})

const toIssues = ({ text, lines }: RejectedRows): readonly WebhookIssue[] =>
  lines.slice(0, mostIssues).map((line) => ({ text, expression: `line ${line}` }))
