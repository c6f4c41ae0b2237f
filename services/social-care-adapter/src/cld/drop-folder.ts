import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CldSender } from '@chesil/contracts'
import { isOutcomeError } from '@chesil/fhir'
import { createRounds } from '@chesil/message-intake'
import type { Logger } from '@chesil/service-kit'
import type { FileIntake } from './file-intake.ts'

export interface DropFolderOptions {
  /** Below it `{ODS code}/in`, where a council's files are put, `…/failed` and `…/reports`. */
  readonly root: string
  /** By ODS code: the folder tells who sends. */
  readonly councils: ReadonlyMap<string, CldSender>
  readonly takeFile: FileIntake
  readonly log: Logger
  readonly pollMs: number
  /** How long reports, and files that were refused, are kept. */
  readonly keepMs: number
  /** ms since 1970 */
  readonly now: () => number
  readonly onCounts: (counts: { readonly waiting: number; readonly failed: number }) => void
}

/** A file that lies there. */
interface DroppedFile {
  readonly name: string
  /** By which one tells that nobody writes to it any more. */
  readonly state: string
}

/** Care data lies there: nobody else on this machine reads it. But councils' accounts put files in. */
const ownerOnly = { folder: 0o770, file: 0o600 }
const subfolders = ['in', 'failed', 'reports'] as const

/**
 * Takes files that councils drop, as an SFTP server leaves them. A file is taken once it has not changed between two
 * looks; taken, it is deleted, for its bytes are kept; refused, it is set aside with the reason. Each time there is a
 * report. A file that was taken, and not deleted before a stop, is taken again and known.
 */
export function createDropFolder(options: DropFolderOptions) {
  const folders = [...options.councils.values()].map((council) => openFolder(council, options))
  const rounds = createRounds(pollOnce, options.pollMs)

  async function pollOnce(): Promise<void> {
    const counts = { waiting: 0, failed: 0 }
    for (const folder of folders) {
      if (rounds.isClosing()) return
      const { waiting, failed } = await folder.look(rounds.isClosing)
      counts.waiting += waiting
      counts.failed += failed
    }
    options.onCounts(counts)
  }

  return {
    pollOnce,
    async start(): Promise<void> {
      for (const folder of folders) await folder.prepare()
      rounds.begin()
    },
    close: rounds.close
  }
}

/** The folder of one council. */
function openFolder(council: CldSender, { root, takeFile, log, keepMs, now }: DropFolderOptions) {
  const at = (folder: (typeof subfolders)[number], ...names: string[]) =>
    path.join(root, council.odsCode, folder, ...names)
  /** What lay there at the last look. */
  let seen = new Map<string, string>()

  async function take(name: string): Promise<void> {
    try {
      const { outcome, submissionId, report } = await takeFile(createReadStream(at('in', name)), council)
      await tell(name, { outcome, id: submissionId, report })
      await rm(at('in', name))
    } catch (error) {
      if (isOutcomeError(error) && error.kind !== 'unavailable') await refuse(name, error.message)
      else log.error({ err: error, sourceId: council.id }, 'a file could not be taken: it stays')
    }
  }

  async function refuse(name: string, reason: string): Promise<void> {
    await tell(name, { outcome: 'refused', reason })
    await rename(at('in', name), at('failed', name))
    const moment = new Date(now())
    await utimes(at('failed', name), moment, moment)
    log.warn({ sourceId: council.id }, 'a file was refused')
  }

  const tell = (name: string, content: object) =>
    writeFile(at('reports', `${name}.json`), `${JSON.stringify(content, null, 2)}\n`, {
      mode: ownerOnly.file
    })

  async function purge(folder: 'failed' | 'reports'): Promise<void> {
    for (const name of await readdir(at(folder))) {
      const { mtimeMs } = await stat(at(folder, name))
      if (mtimeMs < now() - keepMs) await rm(at(folder, name))
    }
  }

  async function takeSettled(isClosing: () => boolean): Promise<void> {
    const files = await list(at('in'))
    const settled = files.filter(({ name, state }) => seen.get(name) === state)
    for (const { name } of settled) if (!isClosing()) await take(name)
    seen = new Map(files.map(({ name, state }) => [name, state]))
  }

  return {
    /** @returns how many files wait, and how many were refused and lie there. */
    async look(isClosing: () => boolean): Promise<{ readonly waiting: number; readonly failed: number }> {
      try {
        await takeSettled(isClosing)
        await purge('failed')
        await purge('reports')
        return { waiting: (await list(at('in'))).length, failed: (await readdir(at('failed'))).length }
      } catch (error) {
        log.error({ err: error, sourceId: council.id }, 'the folder of a council could not be read')
        return { waiting: 0, failed: 0 }
      }
    },
    async prepare(): Promise<void> {
      for (const folder of subfolders) await mkdir(at(folder), { recursive: true, mode: ownerOnly.folder })
    }
  }
}

/** Names by which tools mark what they have not finished. */
const unfinished = /^\.|\.(?:part|partial|filepart|tmp|crdownload)$/i

/** In the order in which they were last written: an earlier file goes first. */
async function list(folder: string): Promise<readonly DroppedFile[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  const files = await Promise.all(
    names
      .filter((name) => !unfinished.test(name))
      .map(async (name) => {
        const { size, mtimeMs } = await stat(path.join(folder, name))
        return { name, mtimeMs, state: `${size}/${mtimeMs}` }
      })
  )
  return files.sort((a, b) => a.mtimeMs - b.mtimeMs || (a.name < b.name ? -1 : 1))
}
