import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import {
  chmod,
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  writeFile
} from 'node:fs/promises'
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
  /** Does work of a name unless somebody else, of whatever process, is at it. */
  readonly alone: (name: string, work: () => Promise<void>) => Promise<unknown>
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
  readonly ctimeMs: number
  /** By which one tells that nobody writes to it any more. */
  readonly state: string
}

/** Care data lies there: nobody else on this machine reads it. But councils' accounts put files in. */
const ownerOnly = { folder: 0o770, file: 0o600 }
const subfolders = ['in', 'taking', 'failed', 'reports'] as const

/**
 * The folder of one council. A finished file is moved to `taking` first, so that another of its name does not get under
 * it; taken, it is deleted, for its bytes are kept; refused, it is set aside with the reason. Each time there is a report.
 * What cannot be taken now goes back, and nothing younger before it: a correction comes after what it corrects.
 */
export function openCouncilFolder(council: CldSender, options: FolderOptions) {
  const { log, keepMs, now } = options
  const at = placesBelow(path.join(options.root, council.odsCode))
  const pickFinished = createWatch(options)
  let counts: FolderCounts = { waiting: 0, failed: 0 }

  /** What was being taken before a stop, and then what is finished. */
  async function takeAll(isClosing: () => boolean): Promise<void> {
    const { files } = await list(at('in'))
    const finished = pickFinished(files).map(({ name }) => ({ name, isMoved: false }))
    const begun = (await list(at('taking'))).files.map(({ name }) => ({ name, isMoved: true }))
    for (const { name, isMoved } of [...begun, ...finished]) {
      if (isClosing()) return
      if (!isMoved) await rename(at('in', name), at('taking', name))
      if (!(await take(name, at, council, options))) return
    }
  }

  /** By when they came here: a file that is moved keeps the time of its writing. */
  async function purge(folder: 'failed' | 'reports'): Promise<void> {
    const { files } = await list(at(folder))
    for (const { name, ctimeMs } of files) if (ctimeMs < now() - keepMs) await rm(at(folder, name))
  }

  async function count(): Promise<FolderCounts> {
    const [left, taking, failed] = await Promise.all([list(at('in')), list(at('taking')), list(at('failed'))])
    if (left.unreadable > 0)
      log.error({ sourceId: council.id, unreadable: left.unreadable }, 'names of files cannot be read')
    const waiting = left.files.length + left.unreadable + taking.files.length
    return { waiting, failed: failed.files.length }
  }

  const trying = async (work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => {
      log.error({ err: error, sourceId: council.id }, 'the folder of a council could not be worked on')
    })
  }

  return {
    /** Takes what is finished, unless another process does. @returns the last counts that are known. */
    async look(isClosing: () => boolean): Promise<FolderCounts> {
      await trying(() => options.alone(`folder ${council.id}`, () => takeAll(isClosing)))
      await trying(() => purge('failed'))
      await trying(() => purge('reports'))
      await trying(async () => {
        counts = await count()
      })
      return counts
    },
    async prepare(): Promise<void> {
      for (const folder of subfolders) {
        const isMade = (await mkdir(at(folder), { recursive: true })) !== undefined
        // The process's mask may have taken away what councils' accounts need.
        if (isMade) await chmod(at(folder), ownerOnly.folder)
      }
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

/** @returns false for one that stays. */
async function take(
  name: string,
  at: Places,
  council: CldSender,
  { takeFile, log }: FolderOptions
): Promise<boolean> {
  try {
    const file = await open(at('taking', name))
    try {
      const { outcome, submissionId, report } = await takeFile(unchanged(file), council)
      await tell(name, at, { outcome, id: submissionId, report })
    } finally {
      await file.close()
    }
    await rm(at('taking', name))
    return true
  } catch (error) {
    if (isOutcomeError(error) && error.kind !== 'unavailable') {
      await tell(name, at, { outcome: 'refused', reason: error.message })
      await rename(at('taking', name), at('failed', name))
      log.warn({ sourceId: council.id }, 'a file was refused')
      return true
    }
    log.error({ err: error, sourceId: council.id }, 'a file was not taken: it stays')
    await putBack(name, at)
    return false
  }
}

/** Where it is watched until it is quiet; unless another of its name has come meanwhile. */
async function putBack(name: string, at: Places): Promise<void> {
  await link(at('taking', name), at('in', name)).then(
    () => rm(at('taking', name)),
    () => undefined
  )
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
      return stats && { name, mtimeMs: stats.mtimeMs, ctimeMs: stats.ctimeMs, state: stateOf(stats) }
    })
  )
  const files = found.filter((file) => file !== undefined)
  return {
    files: files.sort((a, b) => a.mtimeMs - b.mtimeMs || (a.name < b.name ? -1 : 1)),
    unreadable: found.length - files.length
  }
}
