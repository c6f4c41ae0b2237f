import type { ClaimedSubject } from '@chesil/contracts'
import type { Patient } from '@chesil/fhir'
import { compareDemographics, letters } from './compare-demographics.ts'

/** Under which demographics a source has, or has had, one of its own patients. */
export type KnownAs = Pick<ClaimedSubject, 'birthDate' | 'family' | 'given'>

/** Somebody PDS knows. */
export interface KnownToPds {
  /** As PDS has them. */
  readonly pds: Pick<Patient, 'birthDate' | 'name'>
  /** With which PDS has agreed at some time: whose name PDS has changed since is not somebody else. */
  readonly confirmed: readonly KnownAs[]
}

/**
 * Whether a source's patient is, or once was, somebody else than a person PDS knows: then two people share one of the
 * source's numbers, or a number went to the wrong one, and nothing of it may be shown as that person's.
 *
 * It does not matter what was said last: a record that was overwritten looks just like one that was corrected.
 */
export const isSomebodyElse = (known: readonly KnownAs[], { pds, confirmed }: KnownToPds): boolean =>
  known.some((as) => isAnother(as, pds) && !isConfirmed(as, confirmed))

/** By first name and birth date, word for word. */
export const isConfirmed = (as: KnownAs, confirmed: readonly KnownAs[]): boolean =>
  confirmed.some((one) => isWordForWord(as, one))

function isAnother(as: KnownAs, pds: KnownToPds['pds']): boolean {
  const [first = ''] = as.given ?? []
  if (first === '' || isUnknown(first)) return false
  const verdict = compareDemographics(
    {
      ...as,
      ...(isNewborn(first) && { given: pds.name?.flatMap(({ given = [] }) => given) ?? [] }),
      ...(isFilledIn(as.birthDate) && pds.birthDate && { birthDate: pds.birthDate })
    },
    pds
  )
  return verdict === 'twin' || verdict === 'differs'
}

/** What systems are given for a name where nobody knows it, and for a birth date. */
const isUnknown = (first: string): boolean => /^(?:unknown|unnamed|not known)(?![a-z])/i.test(first.trim())
const isFilledIn = (birthDate = ''): boolean => /^(?:1[0-8]\d\d|190[01])-01-01$/.test(birthDate)

/** Of a newborn without a name the birth date alone can be compared: their mother's number may have been used. */
const isNewborn = (first: string): boolean =>
  /^(?:babe|baby|b\/o|boy|female|girl|infant|male|neonate|newborn|triplet|twin)(?![a-z])/i.test(first.trim())

const isWordForWord = (as: KnownAs, one: KnownAs): boolean =>
  as.birthDate === one.birthDate && letters(as.given?.[0] ?? '') === letters(one.given?.[0] ?? '')
