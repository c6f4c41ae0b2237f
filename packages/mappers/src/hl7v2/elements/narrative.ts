import type { Narrative } from '@chesil/fhir'
import { toDiv } from '../../paragraphs.ts'

/** Sentences that have no element of their own, where a reader sees them. */
export const toNarrative = (lines: readonly string[]): Narrative => ({
  status: 'additional',
  div: toDiv(lines)
})
