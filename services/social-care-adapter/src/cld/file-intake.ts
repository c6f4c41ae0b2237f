import type { CldSender } from '@chesil/contracts'
import { isOutcomeError, OutcomeError } from '@chesil/fhir'
import { type FileTaken, type TakeFileDeps, takeFile } from './take-file.ts'

export type FileOutcome = FileTaken['outcome'] | 'refused' | 'busy' | 'failed'

export interface FileIntakeDeps extends TakeFileDeps {
  /** A file has a connection for as long as it is read. */
  readonly maxFiles: number
  readonly onOutcome: (sourceId: string, outcome: FileOutcome) => void
}

export type FileIntake = (
  bytes: AsyncIterable<Uint8Array>,
  source: CldSender,
  options?: { readonly isDryRun?: boolean }
) => Promise<FileTaken>

/** Takes in files, some at a time: who comes when all places are taken is told to come again. */
export function createFileIntake(deps: FileIntakeDeps): FileIntake {
  let underWay = 0
  return async (bytes, source, options) => {
    if (underWay >= deps.maxFiles) {
      deps.onOutcome(source.id, 'busy')
      throw new OutcomeError('unavailable', 'Other files are being read just now: send it again in a minute')
    }
    underWay++
    try {
      const taken = await takeFile(bytes, source, deps, options)
      deps.onOutcome(source.id, taken.outcome)
      return taken
    } catch (error) {
      deps.onOutcome(source.id, isOutcomeError(error) ? 'refused' : 'failed')
      throw error
    } finally {
      underWay--
    }
  }
}
