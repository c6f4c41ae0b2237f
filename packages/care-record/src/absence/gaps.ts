import { gpSections, type Section } from '@chesil/contracts'
import type { CompletenessCode } from '../completeness/codes.ts'
import type { Completeness } from '../completeness/completeness.ts'
import type { SectionFacts, SourceStatement } from '../completeness/source-statement.ts'
import type { GapReason } from './absence-codes.ts'
import { type Speaker, speakersOf } from './speakers.ts'

/** One reason why less may be shown of a section than there is. */
export interface Gap {
  readonly reason: GapReason
  /** Name of the source; absent where it concerns no single one. */
  readonly source?: string
}

export interface SectionQuestion {
  /** The sections of sources' records that make it up. */
  readonly of: readonly Section[]
  /** How many of its types role and scopes let the reader see. */
  readonly mayRead: 'all' | 'some' | 'none'
  readonly general: Completeness['general']
  readonly speakers: readonly Speaker[]
}

/**
 * Why less may be shown of a section than there is; `[]`: every source that speaks for it has answered in full, and
 * nothing of it was kept out or withheld.
 *
 * To a reader who may see none of the section nothing else is told, whatever there is. Where anything of the record
 * is withheld, every section may be what it was withheld from.
 */
export function gapsOf({ of, mayRead, general, speakers }: SectionQuestion): readonly Gap[] {
  if (mayRead === 'none') return [{ reason: 'withheld' }]
  const statements = speakers.map(({ statement }) => statement)
  return distinct([
    ...(mayRead === 'some' || general.includes('withheld') ? [{ reason: 'withheld' } as const] : []),
    ...(general.includes('kept-apart') ? [{ reason: 'quarantined' } as const] : []),
    ...statements.flatMap((statement) => keptOut(statement, of)),
    ...speakers.flatMap((speaker) => silences(speaker, of)),
    ...(isSpokenFor(speakers, of) ? [] : [{ reason: 'source-silent' } as const])
  ])
}

const distinct = (gaps: readonly Gap[]): readonly Gap[] => [
  ...new Map(gaps.map((gap) => [`${gap.reason} ${gap.source ?? ''}`, gap])).values()
]

/** Also by a source that does not speak for the section: what it sent and was kept out would have stood there. */
function keptOut({ name, codes, sections }: SourceStatement, of: readonly Section[]): Gap[] {
  if (codes[0] === 'superseded-former') return []
  const isKeptOut = sections.some(
    ({ section, quarantined, unprocessed = 0, wrongPatient = 0 }) =>
      // A message that was not read may be about anything, and so may what stands in no section.
      unprocessed > 0 ||
      ((of.includes(section) || section === 'uncategorised') && quarantined + wrongPatient > 0)
  )
  return isKeptOut ? [{ reason: 'quarantined', source: name }] : []
}

const refusing: ReadonlySet<CompletenessCode> = new Set(['refused-by-consent', 'not-disclosed'])
/** Of these the stored answer is its word. An older answer of a source that has since failed is not. */
const answering: ReadonlySet<CompletenessCode> = new Set(['live', 'stored', 'periodic'])

function silences({ statement, sections }: Speaker, of: readonly Section[]): Gap[] {
  const { name, codes, relation } = statement
  const due = of.filter((section) => sections.has(section))
  if (due.length === 0) return []
  if (refusing.has(codes[0])) return [{ reason: 'not-shared', source: name }]
  // What a former practice did not say is for the present one to say.
  if (relation === 'former') return []
  if (!answering.has(codes[0])) return [{ reason: 'source-silent', source: name }]
  return due.flatMap((section) => {
    const reason = reasonOf(statement.sections.find((one) => one.section === section))
    return reason ? [{ reason, source: name }] : []
  })
}

function reasonOf(facts: SectionFacts | undefined): GapReason | undefined {
  if (!facts || facts.state === 'not-returned' || facts.state === 'failed') return 'source-silent'
  if (facts.state === 'unsupported') return 'section-unsupported'
  if (facts.warnings.some(({ code }) => code === 'confidential-items')) return 'not-shared'
  return facts.complete && facts.warnings.length === 0 ? undefined : 'source-silent'
}

const inGpRecord: ReadonlySet<Section> = new Set(gpSections)

/** What stands in a GP's record is not spoken for without the practice that PDS names, whoever else answers. */
function isSpokenFor(speakers: readonly Speaker[], of: readonly Section[]): boolean {
  const speaking = speakersOf(speakers, of)
  const needsPractice = of.some((section) => inGpRecord.has(section))
  return needsPractice
    ? speaking.some(({ statement }) => statement.relation === 'registered')
    : speaking.length > 0
}
