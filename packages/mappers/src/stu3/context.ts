/** What is known of an answer or a message besides what it says, whichever format it has. */
export interface Stu3Context {
  /** The catalogue entry of the source. */
  readonly source: { readonly id: string; readonly odsCode: string; readonly name: string }
  /** Chesil's id of the person: every subject becomes `Patient/{patientId}`. */
  readonly patientId: string
  /** The same arguments give the same id for ever; different sources never share one. A FHIR id (at most 64 letters, digits, `-` and `.`). */
  readonly resourceId: (resourceType: string, sourceResourceId: string) => string
}
