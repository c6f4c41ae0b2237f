import type { LocalIdentifier } from '@chesil/contracts'

/** Facts that a message which came unasked does not hold itself. */
export interface MessageContext {
  readonly source: {
    /** Its catalogue id. */
    readonly id: string
    readonly odsCode: string
    readonly name: string
    /** URI of the trust's own patient numbers. */
    readonly patientNumberSystem: string
    /** Assigning authorities that mean that system, beside the ODS code and none at all. */
    readonly patientNumberAuthorities: readonly string[]
  }
  /** ISO instant */
  readonly receivedAt: string
  /** Chesil's id of the person whom a local number names. */
  readonly personId: (local: LocalIdentifier) => string
  /** Chesil's id of an item. */
  readonly resourceId: (resourceType: string, sourceResourceId: string) => string
}
