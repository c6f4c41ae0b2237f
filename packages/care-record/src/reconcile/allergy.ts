import type { AllergyIntolerance } from '@chesil/fhir'
import { closeAllergies, conceptKeys, intersects, saysDoubt, wordsOf } from './concept.ts'
import type { Aspect, Kind } from './kind.ts'

interface Facts {
  readonly codes: ReadonlySet<string>
  readonly status: Aspect | undefined
  readonly severity: string | undefined
  readonly criticality: string | undefined
  /** As it is compared, and in words; absent where none is told. */
  readonly reaction: Aspect | undefined
  readonly certainty: Aspect
}

const severities = ['severe', 'moderate', 'mild'] as const
const criticalities = ['high', 'low', 'unable-to-assess'] as const

/**
 * An allergy to one substance is one thing, however often it is recorded, also by one source. Words alone never
 * say that two are one. The severest leads among those that are active.
 */
export const allergies: Kind<AllergyIntolerance, Facts> = {
  types: ['AllergyIntolerance'],
  joinsWithinSource: true,
  read(allergy) {
    const verification = allergy.verificationStatus?.coding?.[0]?.code
    const codes = conceptKeys([allergy.code], closeAllergies)
    if (verification === 'entered-in-error' || codes.size === 0) return undefined
    return {
      codes,
      status: statusOf(verification === 'refuted' ? 'refuted' : allergy.clinicalStatus?.coding?.[0]?.code),
      severity: severities.find((one) => allergy.reaction?.some(({ severity }) => severity === one)),
      criticality: allergy.criticality,
      reaction: reactionOf(allergy),
      certainty: certaintyOf(verification, saysDoubt(allergy.code))
    }
  },
  blocks: ({ codes }) => [...codes],
  vagueness: () => 0,
  judge: (a, b) =>
    !intersects(a.codes, b.codes)
      ? 'different'
      : a.codes.size === b.codes.size && a.codes.isSubsetOf(b.codes)
        ? 'alike'
        : 'same',
  rank: ({ status, severity, criticality }) => [
    status === undefined || status.value === 'active' ? 0 : 1,
    // High and severe are as grave: a source tells the one or the other.
    Math.min(placeIn(criticalities, criticality), placeIn(severities, severity)),
    placeIn(criticalities, criticality),
    placeIn(severities, severity)
  ],
  aspects: ({ status, severity, criticality, reaction, certainty }) => [
    ...(status ? [status] : []),
    certainty,
    ...(reaction ? [reaction] : []),
    ...(severity === undefined ? [] : [{ kind: 'severity' as const, value: severity, words: severity }]),
    ...(criticality === undefined || criticality === 'unable-to-assess'
      ? []
      : [{ kind: 'criticality' as const, value: criticality, words: criticality }])
  ]
}

/** Nearly every allergy is recorded without its being confirmed: only words of doubt tell one from another. */
const certaintyOf = (verification: string | undefined, isInDoubt: boolean): Aspect =>
  isInDoubt && verification !== 'confirmed'
    ? { kind: 'certainty', value: 'suspected', words: 'suspected' }
    : { kind: 'certainty', value: 'recorded', words: verification ?? 'recorded without doubt' }

function reactionOf({ reaction = [] }: AllergyIntolerance): Aspect | undefined {
  const told = reaction.flatMap(({ manifestation }) => manifestation.map((one) => [...wordsOf(one)].sort()))
  const words = told.flatMap(([first]) => first ?? [])
  if (words.length === 0) return undefined
  return { kind: 'reaction', value: words.toSorted().join(', '), words: words.join(', ') }
}

function statusOf(code: string | undefined): Aspect | undefined {
  if (code === undefined) return undefined
  const value = code === 'active' || code === 'refuted' ? code : 'ended'
  return { kind: 'status', value, words: code }
}

/** What is not said comes last. */
function placeIn(order: readonly string[], value: string | undefined): number {
  const place = value === undefined ? -1 : order.indexOf(value)
  return place < 0 ? order.length : place
}
