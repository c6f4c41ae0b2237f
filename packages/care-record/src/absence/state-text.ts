import { clockText } from '../completeness/clock-text.ts'
import type { AbsenceCode, GapReason } from './absence-codes.ts'
import type { Gap } from './gaps.ts'

interface Said {
  readonly name: string
  /** ms since 1970 */
  readonly asAt?: number
}

interface Evidence {
  readonly gaps: readonly Gap[]
  /** Who states that there is none. */
  readonly saidBy: readonly Said[]
  /** Who has answered in full. */
  readonly answered: readonly Said[]
}

/** How a section stands, in sentences for a clinician. */
export function stateText(code: AbsenceCode | 'content' | 'conflict', evidence: Evidence): string {
  const { gaps, saidBy, answered } = evidence
  const texts = gapTexts(gaps)
  if (code === 'content') return texts.join(' ')
  if (code === 'conflict') {
    return [
      `Sources differ: ${list(saidBy)} says that there are none; what is shown says otherwise.`,
      ...texts
    ].join(' ')
  }
  if (code === 'none-known') return `None known: ${list(saidBy)} says so.`
  if (code === 'none-recorded') {
    return `None recorded by ${list(answered)}. Nobody says that there are none.`
  }
  const stated = saidBy.length === 0 ? [] : [`${list(saidBy)} says that there are none, but that is not all.`]
  return ['Nothing current is shown, which does not mean none.', ...stated, ...texts].join(' ')
}

const list = (said: readonly Said[]): string =>
  [
    ...new Set(
      said.map(({ name, asAt }) => (asAt === undefined ? name : `${name} (as at ${clockText(asAt)})`))
    )
  ].join(', ')

/** Each reason once, with the sources it concerns. */
function gapTexts(gaps: readonly Gap[]): string[] {
  return [...Map.groupBy(gaps, ({ reason }) => reason)].map(([reason, concerned]) => {
    const names = concerned.flatMap(({ source }) => source ?? [])
    return names.length === 0 ? general[reason] : bySource[reason](names.join(', '))
  })
}

const general: Readonly<Record<GapReason, string>> = {
  withheld: 'Some items may be withheld from you under local policy.',
  quarantined: 'Records that could not be verified as this person’s are kept apart.',
  'not-shared': 'A source does not share it.',
  'source-silent': 'No source that speaks for all of it is connected.',
  'section-unsupported': 'No source provides it.'
}

const bySource: Readonly<Record<GapReason, (names: string) => string>> = {
  withheld: () => general.withheld,
  quarantined: (names) => `Something from ${names} was kept out, or could not be read: ask there.`,
  'not-shared': (names) => `Not shared, or not all of it, by ${names}.`,
  'source-silent': (names) => `Not said, or not all of it, by ${names}.`,
  'section-unsupported': (names) => `Not available from ${names}.`
}
