import { isAsked, type Section, type SectionState, type SectionWarning } from '@chesil/contracts'
import type { SourceRelation, SourceToAsk } from '../sources-to-ask.ts'
import type { CompletenessCode } from './codes.ts'

/** How the last pull that is over ended. */
export type PullOutcome =
  | 'applied'
  | 'timed-out'
  | 'failed'
  | 'breaker-open'
  | 'refused-answer'
  | 'not-disclosed'
  | 'refused-by-consent'

/** What is stored about one source and one person, for one reader's authority. Times: ms since 1970. */
export interface SourceFacts {
  readonly sourceId: string
  /**
   * When the request began whose answer is shown; for a source that sends, the time of its last message.
   * Absent when nothing was ever applied.
   */
  readonly asAt?: number
  readonly lastPull?: { readonly outcome: PullOutcome; readonly at: number }
  /** It said that the person does not agree, and has not answered since: nothing of it is shown. */
  readonly consentRefused: boolean
  /** A pull is under way since then. */
  readonly pendingSince?: number
  /** Ask again at the next read, whatever the age. */
  readonly stale: boolean
  readonly sections: readonly SectionFacts[]
}

export interface SectionFacts {
  readonly section: Section
  /** `failed`: it has a request of its own, and that failed. */
  readonly state: SectionState | 'failed'
  /** Whether the last answer held all that the source has of it: what was not in it is no longer said. */
  readonly complete: boolean
  /** ms since 1970: unless it is complete now, the answer it last was complete in; absent when never. */
  readonly coveredAt?: number
  readonly warnings: readonly SectionWarning[]
  /** Items kept out, for reasons other than the next two. */
  readonly quarantined: number
  /** Messages that came and are of a kind that is not mapped. */
  readonly unprocessed?: number
  /** Items that their source has taken back because they are another person's. */
  readonly wrongPatient?: number
  /** Items that landed with a code or date reduced to its text. */
  readonly degraded: number
}

/** One source's part in an answer, for machines and (in `text`) for readers. */
export interface SourceStatement {
  readonly sourceId: string
  /** Absent for a source that the catalogue no longer names. */
  readonly odsCode?: string
  readonly name: string
  readonly telephone?: string
  readonly relation: SourceRelation
  /** The first says how the source stands now; the others add facts. */
  readonly codes: readonly [CompletenessCode, ...CompletenessCode[]]
  readonly asAt?: number
  /** When the pull under way began, or the one that failed ended: only when that is what the first code says. */
  readonly attemptAt?: number
  /** Empty, and `asAt` absent, while the person does not agree: what it once said of them is not told either. */
  readonly sections: readonly SectionFacts[]
}

/**
 * @param takenOver Sections that the practice which PDS names now speaks for: what a former one said there is
 *   no longer current (see `takenOverSections`).
 * @param now Milliseconds since 1970.
 */
export function sourceStatement(
  asked: SourceToAsk,
  facts: SourceFacts | undefined,
  takenOver: ReadonlySet<string>,
  now: number
): SourceStatement {
  const isOver = asked.relation === 'former' && isTakenOver(facts, takenOver)
  const [lead, ...held] = isOver ? (['superseded-former'] as const) : standing(asked, facts, now)
  const sections = facts?.consentRefused ? [] : (facts?.sections ?? [])
  const content = isOver ? [] : contentCodes(sections)
  const attemptAt = attemptOf(lead, facts)
  const asAt = facts?.consentRefused ? undefined : facts?.asAt
  return {
    ...identity(asked),
    codes: [lead, ...held, ...content],
    ...(asAt !== undefined && { asAt }),
    ...(attemptAt !== undefined && { attemptAt }),
    sections
  }
}

/**
 * As `sourceStatement`, of an answer as of a moment. How the source stood then is not kept, so that nothing follows from
 * what it does not show.
 */
export const statementAsHeld = (asked: SourceToAsk, isRefused: boolean): SourceStatement => ({
  ...identity(asked),
  codes: [isRefused ? 'refused-by-consent' : isOfSessions(asked) ? 'not-reproducible' : 'as-held'],
  sections: []
})

const isOfSessions = ({ source }: SourceToAsk): boolean => source?.retention === 'session'

function attemptOf(lead: CompletenessCode, facts: SourceFacts | undefined): number | undefined {
  if (lead === 'pending') return facts?.pendingSince
  return lead === failureOf(facts) ? facts?.lastPull?.at : undefined
}

function identity({ sourceId, odsCode, source, relation }: SourceToAsk) {
  return {
    sourceId,
    ...(odsCode !== undefined && { odsCode }),
    name: source?.name ?? `Practice ${odsCode ?? sourceId}`,
    ...(source?.telephone !== undefined && { telephone: source.telephone }),
    relation
  }
}

/**
 * The sections for which the practice that PDS names has answered in full. While a record is in transit from
 * the former practice, and for what the new one cannot provide, the former's words stay current.
 */
export function takenOverSections(registered: SourceFacts | undefined): ReadonlySet<string> {
  if (!registered || registered.consentRefused) return new Set()
  const { sections } = registered
  const isInTransit = sections.some(({ warnings }) => warnings.some(({ code }) => code === 'data-in-transit'))
  const full = isInTransit ? [] : sections.filter(({ complete }) => complete)
  return new Set(full.map(({ section }) => section))
}

/**
 * A section that failed or was left out the last time may still hold what it returned before, and what is
 * quarantined has to be told: then the former practice is not done with.
 */
function isTakenOver(facts: SourceFacts | undefined, takenOver: ReadonlySet<string>): boolean {
  const held = (facts?.sections ?? []).filter(
    ({ state, quarantined }) => quarantined > 0 || (state !== 'empty' && state !== 'unsupported')
  )
  return takenOver.size > 0 && held.every(({ section }) => takenOver.has(section))
}

/** @returns whether the source need not be asked again yet. */
export function isFresh(asked: SourceToAsk, facts: SourceFacts | undefined, now: number): boolean {
  if (facts?.asAt === undefined || facts.stale || !asked.source || !isAsked(asked.source)) return false
  return now - facts.asAt <= asked.source.refreshMinutes * 60_000
}

type Codes = readonly [CompletenessCode, ...CompletenessCode[]]

function standing(asked: SourceToAsk, facts: SourceFacts | undefined, now: number): Codes {
  if (facts?.consentRefused) return ['refused-by-consent']
  const held: CompletenessCode[] = facts?.asAt === undefined ? [] : ['stored']
  if (asked.notAsked) return [asked.notAsked, ...held]
  if (facts?.pendingSince !== undefined) return ['pending', ...held]
  const failure = failureOf(facts)
  if (failure) return [failure, ...held]
  if (held.length === 0) return ['not-asked']
  return [isFresh(asked, facts, now) ? 'live' : 'stored']
}

function failureOf(facts: SourceFacts | undefined): Exclude<PullOutcome, 'applied'> | undefined {
  const outcome = facts?.lastPull?.outcome
  return outcome === 'applied' ? undefined : outcome
}

function contentCodes(sections: readonly SectionFacts[]): readonly CompletenessCode[] {
  const isEmpty = sections.length > 0 && sections.every(isPlainlyEmpty)
  return [...new Set([...(isEmpty ? (['empty'] as const) : []), ...sections.flatMap(sectionContentCodes)])]
}

/** A list with nothing in it, and a warning on it or items kept out of it, does not say that there is nothing. */
export const isPlainlyEmpty = (section: SectionFacts): boolean =>
  section.state === 'empty' && section.complete && section.warnings.length === 0 && keptOut(section) === 0

const keptOut = ({ quarantined, unprocessed = 0, wrongPatient = 0 }: SectionFacts): number =>
  quarantined + unprocessed + wrongPatient

function sectionContentCodes(section: SectionFacts): CompletenessCode[] {
  const { state, warnings, quarantined, unprocessed = 0, wrongPatient = 0, degraded } = section
  const code = sectionCodes.get(state)
  return [
    ...(code ? [code] : []),
    ...warnings.map((warning) => knownWarnings.get(warning.code) ?? 'source-warning'),
    ...(quarantined > 0 ? (['quarantined'] as const) : []),
    ...(unprocessed > 0 ? (['unprocessed-messages'] as const) : []),
    ...(wrongPatient > 0 ? (['wrong-patient'] as const) : []),
    ...(degraded > 0 ? (['degraded-items'] as const) : [])
  ]
}

const sectionCodes = new Map<SectionFacts['state'], CompletenessCode>([
  ['unsupported', 'section-unsupported'],
  ['not-returned', 'section-not-returned'],
  ['failed', 'section-failed']
])

/** A warning we do not know is still shown, in the source's own words. */
const knownWarnings = new Map<string, CompletenessCode>([
  ['confidential-items', 'confidential-items'],
  ['data-in-transit', 'data-in-transit'],
  ['data-awaiting-filing', 'data-awaiting-filing']
])
