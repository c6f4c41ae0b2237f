import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
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

const folders = { in: 'in', done: 'done', failed: 'failed', out: 'out' } as const

/**
 * The folders of a mailbox below one root: `in`, where a MESH client (or anybody) puts messages by renaming them
 * there, `done`, `failed` with a reason beside each, and `out` for answers.
 */
export function openMailbox(root: string) {
  const at = (folder: keyof typeof folders, ...names: string[]) => path.join(root, folders[folder], ...names)

  return {
    async prepare(): Promise<void> {
      for (const folder of Object.values(folders)) await mkdir(path.join(root, folder), { recursive: true })
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

    /** Appears under its name as a whole, or not at all. */
    async answer(name: string, xml: string): Promise<void> {
      await writeFile(at('out', `.${name}.tmp`), xml)
      await rename(at('out', `.${name}.tmp`), at('out', name))
    },

    /** After a stop on the way what is left is taken up again, or is no item any more. */
    async finish(item: MailboxItem, into: 'done' | 'failed', reason?: string): Promise<void> {
      const free = await freeNames(at(into), item)
      if (reason !== undefined) await writeFile(at(into, free(`${item.name}.reason.txt`)), `${reason}\n`)
      for (const file of inLeavingOrder(item)) await rename(at('in', file), at(into, free(file)))
    },

    async discard(item: MailboxItem): Promise<void> {
      for (const file of inLeavingOrder(item)) await rm(at('in', file))
    }
  }
}

export type Mailbox = ReturnType<typeof openMailbox>

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
