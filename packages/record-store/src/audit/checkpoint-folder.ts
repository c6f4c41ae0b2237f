import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Checkpoint } from './chain.ts'

/**
 * The second place of checkpoints: one file for each chain in a folder that the database's administrator
 * cannot write, for instance one that a backup takes or that keeps what was once written.
 */
export function createCheckpointFolder(folder: string) {
  return {
    /** Appended and on disk when this returns. */
    async append(checkpoint: Checkpoint): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = await open(path.join(folder, `${checkpoint.chainId}.jsonl`), 'a', 0o600)
      try {
        await file.write(`${JSON.stringify(checkpoint)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
    },

    /** @returns every checkpoint in the folder; a last line cut short by a crash is left out. */
    async readAll(): Promise<readonly Checkpoint[]> {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
      const files = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')))
      return files.flatMap((text) =>
        text
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Checkpoint)
      )
    }
  }
}

export type CheckpointFolder = ReturnType<typeof createCheckpointFolder>
