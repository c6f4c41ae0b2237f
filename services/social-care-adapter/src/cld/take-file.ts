import { createHash } from 'node:crypto'
import type { CldSender } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import { type CldRow, effectOf, type SubmissionEffect } from '@chesil/mappers'
import {
  type Database,
  dropCrowds,
  dropOtherPeriods,
  findPeriod,
  findSubmission,
  keepSubmission,
  openStaging,
  type RowToStage,
  readPersonKeys,
  readSubmissionProgress,
  readSubmissions,
  type Sql,
  type SubmissionPeriod,
  saveChunk,
  saveReport,
  stageRows
} from '@chesil/record-store'
import type { CldReport } from './answer.ts'
import { personKeyOf } from './person-key.ts'
import { type CldFileLimits, type CldLine, readCldFile } from './read-file.ts'
import { createRowNotes, mostLines, type RejectedRows } from './report.ts'
import { bytesAtOnce, readStatements } from './statements.ts'

export interface TakeFileDeps {
  /** With time for long statements: a file is one transaction. */
  readonly database: Database
  readonly limits: CldFileLimits
  readonly newId: () => string
  /** ms since 1970 */
  readonly now: () => number
}

/**
 * - `new`: kept, and announced
 * - `again`: the same file was taken before; nothing has changed
 * - `checked`: a dry run; nothing is kept
 */
export interface FileTaken {
  readonly outcome: 'new' | 'again' | 'checked'
  /** Of a file that is kept. */
  readonly submissionId?: string
  readonly report: CldReport
}

export interface TakeFileOptions {
  /** Read and report, and keep nothing. */
  readonly isDryRun?: boolean
  /** Told of a file that is refused once its rows have been read: why those are not taken. */
  readonly onRefused?: ((rows: readonly RejectedRows[]) => void) | undefined
}

const rowsAtOnce = 250
const personsAtOnce = 200
const chunkBytes = 262_144
const mostOfOnePerson = { rows: 5_000, bytes: bytesAtOnce }

/**
 * Takes in a file of Client Level Data: all of it or, where anything is wrong with the file as a whole, nothing. Its
 * rows are compared with what the council has sent before; applying them is the queue's work.
 *
 * @throws OutcomeError `invalid`: what is wrong, and what to do.
 */
export async function takeFile(
  bytes: AsyncIterable<Uint8Array>,
  source: CldSender,
  deps: TakeFileDeps,
  { isDryRun = false, onRefused }: TakeFileOptions = {}
): Promise<FileTaken> {
  let isRead = false
  try {
    return await deps.database.transaction(async (sql) => {
      // Tried again, there would be no file any more.
      if (isRead) throw new OutcomeError('unavailable', 'The file could not be kept: send it again')
      isRead = true
      const taken = await stage(sql, bytes, source, { ...deps, onRefused })
      if (isDryRun) throw new DryRun(taken.report)
      return taken
    })
  } catch (error) {
    if (error instanceof DryRun) return { outcome: 'checked', report: error.report }
    throw error
  }
}

/** Takes everything back. */
class DryRun extends Error {
  readonly report: CldReport
  constructor(report: CldReport) {
    super('Nothing is kept of a dry run')
    this.report = report
  }
}

async function stage(
  sql: Sql,
  bytes: AsyncIterable<Uint8Array>,
  source: CldSender,
  { limits, newId, now, onRefused }: TakeFileDeps & Pick<TakeFileOptions, 'onRefused'>
): Promise<FileTaken & { readonly submissionId: string }> {
  const submissionId = newId()
  const notes = createRowNotes()
  const hash = createHash('sha256')
  await openStaging(sql)
  const kept = keepingChunks(bytes, (number, chunk) => saveChunk(sql, { submissionId, number, bytes: chunk }))
  const lines = readCldFile(kept, { ...limits, onUnpacked: (chunk) => hash.update(chunk) })
  await stageLines(sql, lines, source, notes)
  const period = await settlePeriod(sql, notes, now()).catch((error: unknown) => {
    onRefused?.(notes.rejections())
    throw error
  })
  const { id, isNew } = await keepSubmission(sql, {
    id: submissionId,
    sourceId: source.id,
    hash: hash.digest('base64url'),
    period
  })
  if (!isNew) return { outcome: 'again', submissionId: id, report: await readReport(sql, id) }
  const { persons, effect } = await compare(sql, source.id, id)
  const report = notes.toReport({ period, effect, persons })
  await saveReport(sql, id, report)
  return { outcome: 'new', submissionId: id, report }
}

async function readReport(sql: Sql, submissionId: string): Promise<CldReport> {
  return (await findSubmission(sql, submissionId))?.report as CldReport
}

/** What passes is kept on its way, in pieces of a megabyte. */
async function* keepingChunks(
  bytes: AsyncIterable<Uint8Array>,
  keep: (number: number, chunk: Uint8Array) => Promise<void>
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let size = 0
  let number = 0
  for await (const chunk of bytes) {
    held.push(chunk)
    size += chunk.length
    if (size >= chunkBytes) {
      await keep(number++, Buffer.concat(held))
      held = []
      size = 0
    }
    yield chunk
  }
  if (size > 0) await keep(number, Buffer.concat(held))
}

type Notes = ReturnType<typeof createRowNotes>

async function stageLines(
  sql: Sql,
  lines: AsyncIterable<CldLine>,
  source: CldSender,
  notes: Notes
): Promise<void> {
  let rows: RowToStage[] = []
  for await (const line of lines) {
    notes.onRow()
    const row = accept(line, source, notes)
    if (row) rows.push(row)
    if (rows.length < rowsAtOnce) continue
    await stageRows(sql, rows)
    rows = []
  }
  await stageRows(sql, rows)
}

function accept({ line, reading }: CldLine, source: CldSender, notes: Notes): RowToStage | undefined {
  if (reading.outcome === 'rejected') {
    notes.onRejected(reading.reason, line)
    return undefined
  }
  const { row } = reading
  if (row.laCode.toLowerCase() !== source.laCode.toLowerCase()) {
    notes.onRejected('other-council', line)
    return undefined
  }
  for (const doubt of row.doubts) notes.onDoubt(doubt, line, row.values[doubt.column] ?? '')
  return { personKey: personKeyOf(row), line, period: row.period, body: toLine(row) }
}

/** No line break stands in JSON, nor what Postgres takes for the end of a text. */
const toLine = (row: CldRow): string => JSON.stringify(row)

/** A file is of one period: that of most of its rows. */
async function settlePeriod(sql: Sql, notes: Notes, now: number): Promise<SubmissionPeriod> {
  const period = await findPeriod(sql)
  if (!period)
    throw new OutcomeError('invalid', 'No row of the file can be taken: a dry run tells why, row by row')
  if (period.end > new Date(now).toISOString().slice(0, 10))
    throw new OutcomeError('invalid', 'The reporting period has not ended yet: send the file when it has')
  notes.onDropped('other-period', await dropOtherPeriods(sql, period, mostLines))
  notes.onDropped('too-many-for-one-person', await dropCrowds(sql, mostOfOnePerson, mostLines))
  return period
}

async function compare(
  sql: Sql,
  sourceId: string,
  submissionId: string
): Promise<{ readonly persons: number; readonly effect: SubmissionEffect }> {
  const { sequence } = await readSubmissionProgress(sql, submissionId)
  const submissions = await readSubmissions(sql, sourceId, sequence)
  let persons = 0
  let effect: SubmissionEffect = { applied: 0, unchanged: 0, superseded: 0, repeated: 0, notNamed: 0 }
  let after = ''
  for (;;) {
    const keys = await readPersonKeys(sql, { sourceId, after, limit: personsAtOnce, bytes: bytesAtOnce })
    const last = keys.at(-1)
    if (last === undefined) return { persons, effect }
    after = last
    for (const statements of (await readStatements(sql, sourceId, keys)).values()) {
      if (statements.some((one) => one.submissionId === submissionId)) persons++
      effect = sum(effect, effectOf(submissions, statements, submissionId))
    }
  }
}

const sum = (a: SubmissionEffect, b: SubmissionEffect): SubmissionEffect => ({
  applied: a.applied + b.applied,
  unchanged: a.unchanged + b.unchanged,
  superseded: a.superseded + b.superseded,
  repeated: a.repeated + b.repeated,
  notNamed: a.notNamed + b.notNamed
})
