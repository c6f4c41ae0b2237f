import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Checkpoint } from './chain.ts'

/**
 * The second place of checkpoints: one file for each chain in a folder that the database's administrator
 * cannot write, for instance one that a backup takes or that keeps what was once written.
 */
export function createCheckpointFolder(folder: string) {
  /** After a failure the file may end within a line. */
  let lineStart = ''
  return {
    /** Appended and on disk when this returns. */
    async append(checkpoint: Checkpoint): Promise<void> {
      const line = `${lineStart}${JSON.stringify(checkpoint)}\n`
      lineStart = '\n'
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = await open(path.join(folder, `${checkpoint.chainId}.jsonl`), 'a', 0o600)
      try {
        await file.writeFile(line)
        await file.sync()
      } finally {
        await file.close()
      }
      lineStart = ''
    },

    /** @returns every checkpoint in the folder; a line cut short by a crash or a full disk is left out. */
    async readAll(): Promise<readonly Checkpoint[]> {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
      const checkpoints: Checkpoint[] = []
      // One after the other: a folder of years has more files than a process may open at once.
      for (const name of names) {
        const text = await readFile(path.join(folder, name), 'utf8')
        checkpoints.push(...text.split('\n').flatMap(parseLine))
      }
      return checkpoints
    }
  }
}

export type CheckpointFolder = ReturnType<typeof createCheckpointFolder>

function parseLine(line: string): readonly Checkpoint[] {
  try {
    return [JSON.parse(line) as Checkpoint]
  } catch {
    return []
  }
}
