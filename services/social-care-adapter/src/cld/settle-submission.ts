import { setImmediate } from 'node:timers/promises'
import type { CldSender, MessagePart, Section, SectionStatement } from '@chesil/contracts'
import type { Validator } from '@chesil/fhir-validator'
import {
  type CldEvent,
  type CldSubmission,
  careOf,
  careToPart,
  cldSections,
  type MessageContext,
  submissionsInForce
} from '@chesil/mappers'
import { prepareParts } from '@chesil/message-intake'
import {
  beginSubmission,
  type ClaimedMessage,
  closeSubmission,
  type Database,
  type Ids,
  noteProgress,
  type PartToSettle,
  personIdOf,
  readPersonKeys,
  readSettledPersons,
  readSubmissionProgress,
  readSubmissions,
  type SettledBatch,
  type SubmissionProgress,
  settleSomeParts
} from '@chesil/record-store'
import { contextOf } from '../message-context.ts'
import { localOf } from './person-key.ts'
import { bytesAtOnce, readStatements } from './statements.ts'

export interface SettleSubmissionDeps {
  readonly database: Database
  readonly validator: Validator
  readonly ids: Ids
  readonly leaseMs: number
  readonly onInvalid: (sourceId: string, count: number) => void
}

const personsAtOnce = 100

/**
 * Settles what a submission changes, some persons at a time: a contribution for everybody of whom the council now says
 * something else than before, computed from all it has sent. What was settled before a stop is not settled again.
 * Submissions of one council go in the order in which they came; one that had died, and is tried again, takes back nothing
 * that a later one has said.
 */
export async function settleSubmission(
  message: ClaimedMessage,
  source: CldSender,
  deps: SettleSubmissionDeps
): Promise<'mapped' | 'postponed'> {
  const { database } = deps
  const progress = await readSubmissionProgress(database, message.id)
  if (progress.isBlocked) return 'postponed'
  await beginSubmission(database, message.id)
  const submissions = await readSubmissions(database, source.id, progress.upTo)
  const work = { message, source, progress, submissions, context: contextAt(message, source) }
  let { settledKey, partCount } = progress
  for (;;) {
    const keys = await readPersonKeys(database, {
      sourceId: source.id,
      after: settledKey,
      limit: personsAtOnce,
      bytes: bytesAtOnce
    })
    const last = keys.at(-1)
    if (last === undefined) break
    const parts = await settleBatch(keys, { ...work, partCount }, deps)
    settledKey = last
    partCount += parts
  }
  await database.transaction((sql) => closeSubmission(sql, message.id))
  return 'mapped'
}

const contextAt = ({ sourceTime }: ClaimedMessage, source: CldSender): MessageContext =>
  contextOf(source, new Date(sourceTime).toISOString())

interface Batch {
  readonly message: ClaimedMessage
  readonly source: CldSender
  readonly progress: SubmissionProgress
  readonly submissions: readonly CldSubmission[]
  readonly context: MessageContext
  /** Settled before. */
  readonly partCount: number
}

/** @returns how many contributions came of it. */
async function settleBatch(
  keys: readonly string[],
  { message, source, progress, submissions, context, partCount }: Batch,
  deps: SettleSubmissionDeps
): Promise<number> {
  const { database, ids, leaseMs } = deps
  const [statements, settled] = await Promise.all([
    readStatements(database, source.id, keys),
    readSettledPersons(database, source.id, keys)
  ])
  const parts: PartToSettle[] = []
  const persons: SettledBatch['persons'][number][] = []
  for (const key of keys) {
    await setImmediate()
    const before = settled.get(key)
    // More is known of them: this submission among it.
    if (before && before.sequence > progress.upTo) continue
    const events = careOf(submissions, statements.get(key) ?? [])
    if (events.length === 0 && !before) continue
    const part = toPart(key, events, context)
    const contentHash = ids.contentHash(JSON.stringify(part))
    if (before?.contentHash === contentHash) continue
    persons.push({ key, patientId: personIdOf(localOf(key, context)), contentHash })
    parts.push(...(await prepare(part, source, deps)))
  }
  const isOurs = await database.transaction(async (sql) => {
    const mapped = {
      sourceTime: sourceTimeOf(submissions),
      sourceSequence: progress.upTo,
      parts,
      firstPart: partCount,
      leaseMs
    }
    if (!(await settleSomeParts(sql, message, mapped))) return false
    const settledKey = keys.at(-1) ?? ''
    await noteProgress(
      sql,
      { id: message.id, sourceId: source.id },
      { upTo: progress.upTo, settledKey, parts: parts.length, persons }
    )
    return true
  })
  if (!isOurs) throw new Error('Another worker has taken up this submission')
  return parts.length
}

async function prepare(
  part: MessagePart,
  source: CldSender,
  deps: SettleSubmissionDeps
): Promise<readonly PartToSettle[]> {
  const { parts, invalid } = await prepareParts([part], source.id, deps)
  if (invalid > 0) deps.onInvalid(source.id, invalid)
  return parts
}

/** What an extract does not name is not nothing: a section without items is silent, never complete. */
function toPart(key: string, events: readonly CldEvent[], context: MessageContext): MessagePart {
  const part = careToPart(localOf(key, context), events, context)
  const told = new Set(part.contribution.entries.flatMap(({ sections }) => sections))
  const sections = cldSections.map(
    (section: Section): SectionStatement => ({
      section,
      state: told.has(section) ? 'returned' : 'empty',
      complete: false,
      warnings: []
    })
  )
  return { ...part, contribution: { ...part.contribution, sections } }
}

/** What is said is so as at the end of the latest period; which day that is, is the same all over England at noon. */
function sourceTimeOf(submissions: readonly CldSubmission[]): string {
  const end = submissionsInForce(submissions).at(-1)?.period.end
  return `${end}T12:00:00.000Z`
}
