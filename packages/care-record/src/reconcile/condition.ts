import type { Condition } from '@chesil/fhir'
import { closeProblems, conceptKeys, contradicts, intersects, wordsOf } from './concept.ts'
import type { Aspect, Kind } from './kind.ts'
import { mayCoincide, undated, type When, whenOf } from './when.ts'

interface Facts {
  readonly codes: ReadonlySet<string>
  readonly words: ReadonlySet<string>
  readonly sites: ReadonlySet<string>
  readonly status: Aspect | undefined
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
    return isDatedAlike && a.status?.value === b.status?.value ? 'alike' : 'same'
  },
  rank: ({ status }) => [status === undefined || status.value === 'active' ? 0 : 1],
  aspects: ({ status }) => (status ? [status] : [])
}

const isOneConcept = (a: Facts, b: Facts): boolean =>
  a.codes.size > 0 && b.codes.size > 0 ? intersects(a.codes, b.codes) : intersects(a.words, b.words)

const activeCodes = new Set(['active', 'recurrence', 'relapse'])

function statusOf(code: string | undefined): Aspect | undefined {
  if (code === undefined) return undefined
  const value = code === 'refuted' ? code : activeCodes.has(code) ? 'active' : 'ended'
  return { kind: 'status', value, words: code }
}

/** A day on which it was recorded says only that it had begun by then. */
function mayBeOneEpisode(a: Facts, b: Facts): boolean {
  if (a.status?.value === 'active' && b.status?.value === 'active') return true
  if (a.onset && b.onset) return mayCoincide(a.onset, b.onset)
  if (a.onset) return !b.recorded || a.onset.low < b.recorded.high
  if (b.onset) return !a.recorded || b.onset.low < a.recorded.high
  return a.recorded !== undefined && b.recorded !== undefined && mayCoincide(a.recorded, b.recorded)
}
