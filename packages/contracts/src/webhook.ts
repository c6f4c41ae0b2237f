/**
 * What a partner system may send to the gateway, by what maps it.
 *
 * - `fhir`: a FHIR R4 resource, or a transaction, message or collection Bundle of them
 * - `hl7v2`: an HL7 v2 message
 * - `cld`: rows of Client Level Data, a whole submission for their period
 * - `person-changed`: no content; whom to ask its source about
 */
export const webhookForms = ['fhir', 'hl7v2', 'cld', 'person-changed'] as const
export type WebhookForm = (typeof webhookForms)[number]

/** Who takes an accepted event of a form in at its door. */
export type WebhookTaker = 'acute-adapter' | 'social-care-adapter' | 'partner-gateway'

export const webhookTakers: Readonly<Record<WebhookForm, WebhookTaker>> = {
  fhir: 'acute-adapter',
  hl7v2: 'acute-adapter',
  cld: 'social-care-adapter',
  'person-changed': 'partner-gateway'
}

/** Where something is wrong in what a partner sent: never what stands there. */
export interface WebhookIssue {
  /** A constant phrase that says what to do. */
  readonly text: string
  /** FHIRPath, HL7 v2 path (`PID-3`), or `line 7`. */
  readonly expression?: string
}

/** A version of an item that its partner counted and that has not come. */
export interface VersionGap {
  /** As the partner names it, e.g. `Observation/o1`. */
  readonly item: string
  /** Versions between the first and the last that came. */
  readonly missing: readonly number[]
}
