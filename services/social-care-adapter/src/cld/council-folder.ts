import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CldSender } from '@chesil/contracts'
import { isOutcomeError, OutcomeError } from '@chesil/fhir'
import type { Logger } from '@chesil/service-kit'
import type { FileIntake } from './file-intake.ts'

export interface FolderOptions {
  /** Below it `{ODS code}/in`, where a council's files are put, `…/taking`, `…/failed` and `…/reports`. */
  readonly root: string
  readonly takeFile: FileIntake
  readonly log: Logger
  /** A file to which nothing was written for so long is finished. */
  readonly quietMs: number
  /** How long reports, and files that were refused, are kept. */
  readonly keepMs: number
  /** ms since 1970 */
  readonly now: () => number
}

/** How many files wait, and how many were refused and lie there. */
export interface FolderCounts {
  readonly waiting: number
  readonly failed: number
}

/** A file that lies there. */
interface DroppedFile {
  readonly name: string
  readonly mtimeMs: number
  /** By which one tells that nobody writes to it any more. */
  readonly state: string
}

/** Care data lies there: nobody else on this machine reads it. But councils' accounts put files in. */
const ownerOnly = { folder: 0o770, file: 0o600 }
const subfolders = ['in', 'taking', 'failed', 'reports'] as const

/**
 * The folder of one council. A finished file is moved to `taking` first, so that another of its name does not get under
 * it; taken, it is deleted, for its bytes are kept; refused, it is set aside with the reason. Each time there is a report.
 * One that was taken, and not deleted before a stop, is taken again and known.
 */
export function openCouncilFolder(council: CldSender, options: FolderOptions) {
  const { log, keepMs, now } = options
  const at = placesBelow(path.join(options.root, council.odsCode))
  const pickFinished = createWatch(options)
  let counts: FolderCounts = { waiting: 0, failed: 0 }

  /** But not over a file that could not be taken yet. */
  async function moveFinished(files: readonly DroppedFile[]): Promise<void> {
    const underWay = new Set(await readdir(at('taking')))
    for (const { name } of pickFinished(files))
      if (!underWay.has(name)) await rename(at('in', name), at('taking', name))
  }

  async function purge(folder: 'failed' | 'reports'): Promise<void> {
    const { files } = await list(at(folder))
    for (const { name, mtimeMs } of files) if (mtimeMs < now() - keepMs) await rm(at(folder, name))
  }

  async function count(): Promise<FolderCounts> {
    const [left, taking, failed] = await Promise.all([list(at('in')), list(at('taking')), list(at('failed'))])
    const waiting = left.files.length + left.unreadable + taking.files.length
    return { waiting, failed: failed.files.length }
  }

  async function lookAround(isClosing: () => boolean): Promise<void> {
    const { files, unreadable } = await list(at('in'))
    if (unreadable > 0)
      log.error({ sourceId: council.id, unreadable }, 'files of a council have names that cannot be read')
    await moveFinished(files)
    for (const { name } of (await list(at('taking'))).files)
      if (!isClosing()) await take(name, at, council, options)
    await purge('failed')
    await purge('reports')
    counts = await count()
  }

  return {
    /** Takes what is finished. @returns the last counts that are known. */
    async look(isClosing: () => boolean): Promise<FolderCounts> {
      try {
        await lookAround(isClosing)
      } catch (error) {
        log.error({ err: error, sourceId: council.id }, 'the folder of a council could not be read')
      }
      return counts
    },
    async prepare(): Promise<void> {
      for (const folder of subfolders) await mkdir(at(folder), { recursive: true, mode: ownerOnly.folder })
    }
  }
}

type Places = ReturnType<typeof placesBelow>

const placesBelow =
  (root: string) =>
  (folder: (typeof subfolders)[number], ...names: string[]): string =>
    path.join(root, folder, ...names)

/** Tells which files have been as they are for long enough. */
function createWatch({ quietMs, now }: Pick<FolderOptions, 'quietMs' | 'now'>) {
  let seen = new Map<string, { readonly state: string; readonly since: number }>()
  return (files: readonly DroppedFile[]): readonly DroppedFile[] => {
    const before = seen
    seen = new Map(
      files.map(({ name, state }) => {
        const known = before.get(name)
        return [name, known?.state === state ? known : { state, since: now() }]
      })
    )
    return files.filter(({ name }) => {
      const known = seen.get(name)
      return known !== undefined && known === before.get(name) && now() - known.since >= quietMs
    })
  }
}

async function take(name: string, at: Places, council: CldSender, options: FolderOptions): Promise<void> {
  const { takeFile, log } = options
  try {
    const file = await open(at('taking', name))
    try {
      const { outcome, submissionId, report } = await takeFile(unchanged(file), council)
      await tell(name, at, { outcome, id: submissionId, report })
    } finally {
      await file.close()
    }
    await rm(at('taking', name))
  } catch (error) {
    const isRefused = isOutcomeError(error) && error.kind !== 'unavailable'
    if (!isRefused) return log.error({ err: error, sourceId: council.id }, 'a file was not taken: it stays')
    await refuse(name, at, error.message, options.now())
    log.warn({ sourceId: council.id }, 'a file was refused')
  }
}

async function refuse(name: string, at: Places, reason: string, now: number): Promise<void> {
  await tell(name, at, { outcome: 'refused', reason })
  await rename(at('taking', name), at('failed', name))
  const moment = new Date(now)
  await utimes(at('failed', name), moment, moment)
}

const tell = (name: string, at: Places, content: object) =>
  writeFile(at('reports', `${shortened(name)}.json`), `${JSON.stringify(content, null, 2)}\n`, {
    mode: ownerOnly.file
  })

/**
 * The bytes of a file that nobody writes to meanwhile: who has it open may, whatever its name is by now.
 *
 * @throws OutcomeError `unavailable` after the last byte, else.
 */
async function* unchanged(file: FileHandle): AsyncGenerator<Uint8Array> {
  const before = stateOf(await file.stat())
  yield* file.createReadStream({ autoClose: false, start: 0 })
  if (stateOf(await file.stat()) !== before)
    throw new OutcomeError('unavailable', 'Somebody writes to the file still')
}

const stateOf = ({ ino, size, mtimeMs }: Stats): string => `${ino}/${size}/${mtimeMs}`

const longestName = 200

/** A report's name is the file's with an ending: file systems allow 255 bytes. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name
  return `${name.slice(0, 50)}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`
}

/** Names by which tools mark what they have not finished. */
const unfinished = /^\.|\.(?:part|partial|filepart|tmp|crdownload)$/i

/** In the order in which they were last written: an earlier file goes first. */
async function list(
  folder: string
): Promise<{ readonly files: readonly DroppedFile[]; readonly unreadable: number }> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile() && !unfinished.test(entry.name))
  const found = await Promise.all(
    names.map(async ({ name }) => {
      const stats = await stat(path.join(folder, name)).catch(() => undefined)
      return stats && { name, mtimeMs: stats.mtimeMs, state: stateOf(stats) }
    })
  )
  const files = found.filter((file) => file !== undefined)
  return {
    files: files.sort((a, b) => a.mtimeMs - b.mtimeMs || (a.name < b.name ? -1 : 1)),
    unreadable: found.length - files.length
  }
}
