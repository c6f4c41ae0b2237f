import table from './sensitive-codes.json' with { type: 'json' }

/** Why a code is seen by fewer readers. */
export type SensitiveLabel =
  | 'safeguarding'
  | 'sexual-health'
  | 'termination-of-pregnancy'
  | 'assisted-fertilisation'
  | 'gender'

export interface SensitiveCode {
  readonly code: string
  readonly display: string
  readonly label: SensitiveLabel
}

/**
 * A handful of SNOMED CT codes to show labels at work. It illustrates and is complete in nothing: a
 * deployment loads the reference sets that the Royal College of General Practitioners keeps, by its own
 * TRUD licence.
 *
 * @see https://isd.digital.nhs.uk/trud
 */
export const sensitiveCodes: readonly SensitiveCode[] = table as readonly SensitiveCode[]

/** SNOMED CT code to label. */
export const sensitiveLabels: ReadonlyMap<string, SensitiveLabel> = new Map(
  sensitiveCodes.map(({ code, label }) => [code, label])
)
