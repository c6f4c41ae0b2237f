import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** A message that lies finished in the mailbox. */
export interface MailboxItem {
  /** Its name without ending; of a MESH client, the id of the message there. */
  readonly name: string
  /** The file with the message in it. */
  readonly content: string
  /** All that belongs to it. */
  readonly files: readonly string[]
}

const folders = { in: 'in', failed: 'failed', out: 'out' } as const
/** Letters lie there: nobody else on this machine reads them. */
const ownerOnly = { folder: 0o700, file: 0o600 }

/**
 * The folders of a mailbox below one root: `in`, where a MESH client (or anybody) puts messages by renaming them
 * there, `failed` with a reason beside each, and `out` for answers.
 */
export function openMailbox(root: string) {
  const at = (folder: keyof typeof folders, ...names: string[]) => path.join(root, folders[folder], ...names)

  return {
    /** Before anybody else of this process writes: answers that a stop left unfinished are cleared away. */
    async prepare(): Promise<void> {
      for (const folder of Object.values(folders))
        await mkdir(path.join(root, folder), { recursive: true, mode: ownerOnly.folder })
      for (const name of await readdir(at('out')))
        if (/^\..*\.tmp$/.test(name)) await rm(at('out', name), { force: true })
    },

    /** In the order of their names. @see https://digital.nhs.uk/developer/api-catalogue/message-exchange-for-social-care-and-health-mesh-client */
    async list(): Promise<readonly MailboxItem[]> {
      const entries = await readdir(at('in'), { withFileTypes: true })
      return itemsAmong(entries.filter((entry) => entry.isFile()).map(({ name }) => name))
    },

    /** @returns `undefined` for one that is larger. */
    async read({ content }: MailboxItem, maxBytes: number): Promise<Buffer | undefined> {
      const { size } = await stat(at('in', content))
      return size > maxBytes ? undefined : await readFile(at('in', content))
    },

    /** Appears under its name as a whole, or not at all; where one of that name was not collected yet, with a number. */
    async answer(name: string, xml: string): Promise<void> {
      const unfinished = at('out', `.${randomUUID()}.tmp`)
      await writeFile(unfinished, xml, { mode: ownerOnly.file })
      const { name: bare, ext } = path.parse(name)
      const numbered = (number: number) => (number === 0 ? name : `${bare}.${number}${ext}`)
      try {
        for (let number = 0; !(await isLinked(unfinished, at('out', numbered(number)))); number++);
      } finally {
        await rm(unfinished, { force: true })
      }
    },

    /** After a stop on the way what is left is taken up again, or is no item any more. */
    async setAside(item: MailboxItem, reason: string): Promise<void> {
      const free = await freeNames(at('failed'), item)
      await writeFile(at('failed', free(`${item.name}.reason.txt`)), `${reason}\n`, { mode: ownerOnly.file })
      for (const file of inLeavingOrder(item)) {
        await rename(at('in', file), at('failed', free(file)))
        await utimes(at('failed', free(file)), new Date(), new Date())
      }
    },

    /** Of what was committed the inbox has the bytes. */
    async discard(item: MailboxItem): Promise<void> {
      for (const file of inLeavingOrder(item)) await rm(at('in', file), { force: true })
    },

    /** @param before ms since 1970 @returns how many files that were set aside earlier than that are deleted. */
    async purge(before: number): Promise<number> {
      let purged = 0
      for (const name of await readdir(at('failed'))) {
        const { mtimeMs } = await stat(at('failed', name))
        if (mtimeMs >= before) continue
        await rm(at('failed', name), { recursive: true })
        purged++
      }
      return purged
    },

    /** Files that somebody has yet to look at, or to collect. */
    async count(): Promise<{ readonly failed: number; readonly uncollected: number }> {
      const [failed, out] = await Promise.all([readdir(at('failed')), readdir(at('out'))])
      return {
        failed: failed.filter((name) => name.endsWith('.reason.txt')).length,
        uncollected: out.filter((name) => !name.startsWith('.')).length
      }
    }
  }
}

export type Mailbox = ReturnType<typeof openMailbox>

/** @returns false when the name is taken. A rename would replace what is there. */
async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** A message of the same name went there before: a number tells them apart. */
async function freeNames(folder: string, { name, files }: MailboxItem): Promise<(file: string) => string> {
  const numbered = (number: number) => (file: string) =>
    number === 0 ? file : `${name}.${number}${file.slice(name.length)}`
  const isThere = (file: string) =>
    stat(path.join(folder, file)).then(
      () => true,
      () => false
    )
  for (let number = 0; ; number++) {
    const taken = await Promise.all(files.map((file) => isThere(numbered(number)(file))))
    if (!taken.includes(true)) return numbered(number)
  }
}

/** An `.xml` file is a message; a `.dat` is one once its `.ctl` is there. Hidden files are not finished. */
export function itemsAmong(names: readonly string[]): MailboxItem[] {
  const there = new Set(names.filter((name) => !name.startsWith('.')))
  return [...there].sort().flatMap((name): MailboxItem[] => {
    const { name: bare, ext } = path.parse(name)
    if (ext.toLowerCase() === '.xml') return [{ name: bare, content: name, files: [name] }]
    const content = [`${bare}.dat`, `${bare}.DAT`].find((file) => there.has(file))
    if (ext.toLowerCase() !== '.ctl' || content === undefined) return []
    return [{ name: bare, content, files: [content, name] }]
  })
}

/** A content that is left without its control file is no item. */
const inLeavingOrder = ({ content, files }: MailboxItem): string[] =>
  [...files].sort((a, b) => Number(a === content) - Number(b === content))
