import type { ClaimedSubject } from '@chesil/contracts'
import type { Patient } from '@chesil/fhir'
import { compareDemographics, hasFirstName } from './compare-demographics.ts'

/** Under which demographics a source has had one of its own patients. */
export interface KnownAs extends Pick<ClaimedSubject, 'birthDate' | 'family' | 'given'> {
  /** ms since 1970, by the source's clock: when it last said so. */
  readonly saidAt: number
}

type Demographics = Pick<Patient, 'birthDate' | 'name'>

/**
 * Whether a source's patient is, or once was, somebody else than a person PDS knows: then two people share one of the
 * source's numbers, or a number went to the wrong one, and nothing of it may be shown as that person's.
 *
 * Another first name says so for good. Another birth date does until the source has corrected it.
 *
 * @param known Of one patient of the source.
 * @param person As PDS has them, and under what else PDS has confirmed them: whose name has changed since is not
 *   somebody else. Nothing where PDS keeps them closed: nobody can tell.
 */
export function isSomebodyElse(known: readonly KnownAs[], person: readonly Demographics[]): boolean {
  const telling = known.flatMap((as) => {
    const verdict = compareWithAll(as, person)
    return verdict === 'insufficient' || isPlaceholder(as.given?.[0]) ? [] : { ...as, verdict }
  })
  const hasOtherName = telling.some(
    ({ verdict, given = [] }) =>
      verdict !== 'agrees' && !person.some(({ name = [] }) => hasFirstName(given, name))
  )
  const last = Math.max(...telling.map(({ saidAt }) => saidAt))
  return hasOtherName || telling.some(({ saidAt, verdict }) => saidAt === last && verdict !== 'agrees')
}

function compareWithAll(as: KnownAs, person: readonly Demographics[]) {
  const verdicts = person.map((one) => compareDemographics(as, one))
  const leading = (['agrees', 'twin', 'differs'] as const).find((verdict) => verdicts.includes(verdict))
  return leading ?? 'insufficient'
}

/** Nobody's name: of a newborn, or of somebody brought in whom nobody knew. */
const isPlaceholder = (given = ''): boolean =>
  /^(?:baby|infant|neonate|newborn|triplet|twin|unknown|unnamed|not known)\b/i.test(given.trim())
