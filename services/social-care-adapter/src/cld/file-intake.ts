import type { CldSender } from '@chesil/contracts'
import { isOutcomeError, OutcomeError } from '@chesil/fhir'
import { type FileTaken, type TakeFileDeps, type TakeFileOptions, takeFile } from './take-file.ts'

export type FileOutcome = FileTaken['outcome'] | 'refused' | 'busy' | 'failed'

export interface FileIntakeDeps extends TakeFileDeps {
  /** A file has a connection for as long as it is read. */
  readonly maxFiles: number
  readonly onOutcome: (sourceId: string, outcome: FileOutcome) => void
}

export type FileIntake = (
  bytes: AsyncIterable<Uint8Array>,
  source: CldSender,
  options?: TakeFileOptions
) => Promise<FileTaken>

/** Takes in files, some at a time and one of each council: who comes when no place is free is told to come again. */
export function createFileIntake(deps: FileIntakeDeps): FileIntake {
  const underWay = new Set<string>()
  return async (bytes, source, options) => {
    if (underWay.has(source.id) || underWay.size >= deps.maxFiles) {
      deps.onOutcome(source.id, 'busy')
      throw new OutcomeError('unavailable', 'Another file is being read just now: send it again in a minute')
    }
    underWay.add(source.id)
    try {
      const taken = await takeFile(bytes, source, deps, options)
      deps.onOutcome(source.id, taken.outcome)
      return taken
    } catch (error) {
      deps.onOutcome(source.id, isOutcomeError(error) ? 'refused' : 'failed')
      throw error
    } finally {
      underWay.delete(source.id)
    }
  }
}
