import type { Stu3Bundle } from '@chesil/synthetic'

/** A person's record as the practice has it now; made when it is first asked for. */
export interface HeldRecord {
  /** Whether an answer is cut to the sections asked for. A record from a file is served as it is. */
  readonly bySection: boolean
  /** Another number whenever the record has changed. */
  readonly revision: number
  read(): Stu3Bundle
  /** As it came from a file; `undefined` for a made or an edited one. */
  findText(): string | undefined
  edit(change: (record: Stu3Bundle) => Stu3Bundle): void
  /** Back to how it was in the beginning. */
  reset(): void
}

export function createSyntheticRecord(make: () => Stu3Bundle): HeldRecord {
  return createHeldRecord({ bySection: true, make, findText: () => undefined })
}

/** @param text JSON, which is served as it is and read only for what else has to know of it. */
export function createFileRecord(text: string): HeldRecord {
  return createHeldRecord({
    bySection: false,
    make: () => JSON.parse(text) as Stu3Bundle,
    findText: () => text
  })
}

function createHeldRecord({
  bySection,
  make,
  findText
}: {
  readonly bySection: boolean
  readonly make: () => Stu3Bundle
  readonly findText: () => string | undefined
}): HeldRecord {
  let held: Stu3Bundle | undefined
  let edited = false
  let revision = 0
  const read = (): Stu3Bundle => {
    held ??= make()
    return held
  }
  return {
    bySection,
    get revision() {
      return revision
    },
    read,
    findText: () => (edited ? undefined : findText()),
    edit(change) {
      held = change(read())
      edited = true
      revision += 1
    },
    reset() {
      held = undefined
      edited = false
      revision += 1
    }
  }
}
