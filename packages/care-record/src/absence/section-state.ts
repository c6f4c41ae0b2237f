import { type AbsenceCode, gapOrder } from './absence-codes.ts'
import type { Gap } from './gaps.ts'
import { stateText } from './state-text.ts'

/** What is shown of a section, as far as its absence depends on it. */
export interface ShownItem {
  /** Whose words they are: the source's name. */
  readonly source: string
  /** ms since 1970: as at when. */
  readonly asAt?: number
  /** It states that there is none: of all, or of a part. */
  readonly nil?: 'whole' | 'part'
  /** Over, refuted or entered in error. Without a status that can be read it is not. */
  readonly isOver: boolean
  /** A practice that the person has left said it. */
  readonly isFormer: boolean
}

/**
 * How a section of the record stands.
 *
 * - `content`: something current is shown
 * - `conflict`: something current is shown, and a source states that there is nothing
 * - else why nothing current is shown (`absenceCodes`)
 */
export interface SectionState {
  readonly code: AbsenceCode | 'content' | 'conflict'
  /** Also beside content: why there may be more. */
  readonly gaps: readonly Gap[]
  /** For a clinician. */
  readonly text: string
}

/**
 * “None known” is said only where a source states it, every source of the section has answered in full, nothing of
 * the section is kept out or withheld, and nothing else that is current, or may be, is shown. Never from silence.
 *
 * What a former practice stated counts for none of this; what it shows counts against.
 */
export function sectionState(
  shown: readonly ShownItem[],
  gaps: readonly Gap[],
  answered: Answered
): SectionState {
  const nils = shown.filter(({ nil, isFormer }) => nil === 'whole' && !isFormer)
  const hasCurrent = shown.some(({ nil, isOver }) => nil === undefined && !isOver)
  const code = codeOf(nils.length > 0, hasCurrent, gaps)
  const saidBy = nils.map(({ source, asAt }) => ({ name: source, ...(asAt !== undefined && { asAt }) }))
  return { code, gaps, text: stateText(code, { gaps, saidBy, answered }) }
}

/** The sources that speak for the section and have answered in full. */
export type Answered = readonly { readonly name: string; readonly asAt?: number }[]

function codeOf(isSaidNil: boolean, hasCurrent: boolean, gaps: readonly Gap[]): SectionState['code'] {
  if (hasCurrent) return isSaidNil ? 'conflict' : 'content'
  const [lead] = gapOrder.filter((reason) => gaps.some((gap) => gap.reason === reason))
  return lead ?? (isSaidNil ? 'none-known' : 'none-recorded')
}
