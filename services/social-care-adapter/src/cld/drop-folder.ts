import type { CldSender } from '@chesil/contracts'
import { createRounds } from '@chesil/message-intake'
import { type FolderCounts, type FolderOptions, openCouncilFolder } from './council-folder.ts'

export interface DropFolderOptions extends FolderOptions {
  /** By ODS code: the folder tells who sends. */
  readonly councils: ReadonlyMap<string, CldSender>
  readonly pollMs: number
  readonly onCounts: (counts: FolderCounts) => void
}

/** Takes files that councils drop, as an SFTP server leaves them: one council after the other, round after round. */
export function createDropFolder(options: DropFolderOptions) {
  const folders = [...options.councils.values()].map((council) => openCouncilFolder(council, options))
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
