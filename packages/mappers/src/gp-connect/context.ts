import type { Section } from '@chesil/contracts'
import type { NhsNumber } from '@chesil/fhir'

/** What a GP Connect answer does not say of itself. */
export interface GpConnectContext {
  /** The catalogue entry of the practice. */
  readonly source: { readonly id: string; readonly odsCode: string; readonly name: string }
  /** Whom we asked about, as PDS knows them, for the cross-check. */
  readonly person: {
    /** The current one first, then those it superseded. */
    readonly nhsNumbers: readonly NhsNumber[]
    /** FHIR date, also partial. */
    readonly birthDate?: string
    readonly family?: string
    readonly given?: readonly string[]
    /** FHIR code, as `female`. */
    readonly gender?: string
  }
  /** Chesil's id of the person: every subject becomes `Patient/{patientId}`. */
  readonly patientId: string
  /** When the request began: an ISO instant. */
  readonly asAt: string
  /** Sections that were asked for. */
  readonly asked: readonly Section[]
  /** The same arguments give the same id for ever; different sources never share one. A FHIR id (at most 64 letters, digits, `-` and `.`). */
  readonly resourceId: (resourceType: string, sourceResourceId: string) => string
}
