import type { Section } from '@chesil/contracts'
import type { Stu3Context } from '../stu3/context.ts'
import type { AskedPerson } from '../stu3/person.ts'

/** What a GP Connect answer does not say of itself; its source is the practice. */
export interface GpConnectContext extends Stu3Context {
  readonly person: AskedPerson
  /** When the request began: an ISO instant. */
  readonly asAt: string
  /** Sections that were asked for. */
  readonly asked: readonly Section[]
}
