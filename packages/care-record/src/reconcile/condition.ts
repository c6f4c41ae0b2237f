import type { Condition } from '@chesil/fhir'
import { closeProblems, conceptKeys, contradicts, intersects, saysDoubt, wordsOf } from './concept.ts'
import type { Aspect, Kind } from './kind.ts'
import { mayCoincide, undated, type When, whenOf } from './when.ts'

interface Facts {
  readonly codes: ReadonlySet<string>
  readonly words: ReadonlySet<string>
  readonly sites: ReadonlySet<string>
  readonly status: Aspect | undefined
  readonly certainty: Aspect
  readonly onset: When | undefined
  readonly recorded: When | undefined
}

/** One code, and dates that can be the same, or active in both. Words count where one of them has no code. */
export const conditions: Kind<Condition, Facts> = {
  types: ['Condition'],
  joinsWithinSource: false,
  read(condition) {
    const verification = condition.verificationStatus?.coding?.[0]?.code
    const codes = conceptKeys([condition.code], closeProblems)
    const words = wordsOf(condition.code)
    if (verification === 'entered-in-error' || (codes.size === 0 && words.size === 0)) return undefined
    const clinical = condition.clinicalStatus?.coding?.[0]?.code
    return {
      codes,
      words,
      sites: conceptKeys(condition.bodySite ?? []),
      status: statusOf(verification === 'refuted' ? 'refuted' : clinical),
      certainty: certaintyOf(verification, saysDoubt(condition.code)),
      onset: whenOf(condition.onsetDateTime ?? condition.onsetPeriod?.start),
      recorded: whenOf(condition.recordedDate)
    }
  },
  blocks: ({ codes, words }) => [...codes, ...[...words].map((text) => `words ${text}`)],
  vagueness: ({ onset, recorded }) => onset?.vagueness ?? (recorded ? undated : undated + 1),
  judge(a, b) {
    const isOneCode = isOneConcept(a, b) && !contradicts(a.sites, b.sites)
    if (!isOneCode || !mayBeOneEpisode(a, b)) return 'different'
    const isDatedAlike = a.onset && b.onset && mayCoincide(a.onset, b.onset)
    const isAlike = a.status?.value === b.status?.value && a.certainty.value === b.certainty.value
    return isDatedAlike && isAlike ? 'alike' : 'same'
  },
  rank: ({ status, certainty }) => [
    status === undefined || status.value === 'active' ? 0 : 1,
    certainty.value === 'confirmed' ? 0 : 1
  ],
  aspects: ({ status, certainty }) => [...(status ? [status] : []), certainty]
}

const isOneConcept = (a: Facts, b: Facts): boolean =>
  a.codes.size > 0 && b.codes.size > 0 ? intersects(a.codes, b.codes) : intersects(a.words, b.words)

const activeCodes = new Set(['active', 'recurrence', 'relapse'])

function statusOf(code: string | undefined): Aspect | undefined {
  if (code === undefined) return undefined
  const value = code === 'refuted' ? code : activeCodes.has(code) ? 'active' : 'ended'
  return { kind: 'status', value, words: code }
}

const uncertain = new Set(['unconfirmed', 'provisional', 'differential'])

/** What no source puts in doubt stands as it is recorded. */
function certaintyOf(verification: string | undefined, isInDoubt: boolean): Aspect {
  const isSuspected = uncertain.has(verification ?? '') || (isInDoubt && verification !== 'confirmed')
  return isSuspected
    ? { kind: 'certainty', value: 'suspected', words: verification ?? 'suspected' }
    : { kind: 'certainty', value: 'confirmed', words: verification ?? 'recorded without doubt' }
}

/** A day on which it was recorded says only that it had begun by then. */
function mayBeOneEpisode(a: Facts, b: Facts): boolean {
  if (a.status?.value === 'active' && b.status?.value === 'active') return true
  if (a.onset && b.onset) return mayCoincide(a.onset, b.onset)
  if (a.onset) return !b.recorded || a.onset.low < b.recorded.high
  if (b.onset) return !a.recorded || b.onset.low < a.recorded.high
  return a.recorded !== undefined && b.recorded !== undefined && mayCoincide(a.recorded, b.recorded)
}
