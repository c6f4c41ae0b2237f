import type { ClaimedSubject } from '@chesil/contracts'
import type { HumanName, Patient } from '@chesil/fhir'

/**
 * What PDS's demographics say to a message that names a person's NHS number.
 *
 * - `agrees`: the message may be about this person
 * - `twin`: the birth date is theirs and the first name is not, as with a twin
 * - `differs`: it is somebody else; the number was mistyped
 * - `insufficient`: the message says too little to tell
 */
export type DemographicsVerdict = 'agrees' | 'twin' | 'differs' | 'insufficient'

/**
 * The birth date and a first name must be PDS's; of a birth date one part may be mistyped where the names are
 * the same. A family name changes with marriage: alone it neither joins nor parts. What comes without names, as councils'
 * extracts do, must have the birth date and the gender of PDS (docs/adr/0020).
 */
export function compareDemographics(
  claimed: Pick<ClaimedSubject, 'birthDate' | 'family' | 'given' | 'gender'>,
  pds: Pick<Patient, 'birthDate' | 'name' | 'gender'>
): DemographicsVerdict {
  const given = (claimed.given ?? []).map(letters).filter((name) => name.length > 0)
  if (claimed.birthDate === undefined || pds.birthDate === undefined) return 'insufficient'
  if (given.length === 0) return compareNameless({ ...claimed, birthDate: claimed.birthDate }, pds)
  const names = pds.name ?? []
  const isNamed = hasFirstName(given, names)
  if (claimed.birthDate === pds.birthDate) return isNamed ? 'agrees' : 'twin'
  const isMistyped =
    isNamed && hasFamily(claimed.family, names) && commonParts(claimed.birthDate, pds.birthDate) >= 2
  return isMistyped ? 'agrees' : 'differs'
}

/** Of a birth date one part may be mistyped, or the gender be another by now: that does not tell who it is. */
function compareNameless(
  { birthDate, family, gender }: { readonly birthDate: string } & Pick<ClaimedSubject, 'family' | 'gender'>,
  pds: Pick<Patient, 'birthDate' | 'gender'>
): DemographicsVerdict {
  if (family !== undefined) return 'insufficient'
  if (birthDate === pds.birthDate) return isTold(gender) && gender === pds.gender ? 'agrees' : 'insufficient'
  return commonParts(birthDate, pds.birthDate ?? '') >= 2 ? 'insufficient' : 'differs'
}

const isTold = (gender: ClaimedSubject['gender']): boolean => gender === 'male' || gender === 'female'

/** Names are compared as letters: `Renée-Anne` and `RENEE ANNE` are one. */
export const letters = (name: string): string =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^\p{Letter}]/gu, '')

/** The first name, or one of PDS's others that is used as one; also shortened (`Jon`) to three letters or more. */
export function hasFirstName([first = '']: readonly string[], names: readonly HumanName[]): boolean {
  const known = names.flatMap((name) => name.given ?? []).map(letters)
  return known.some((name) => isSameName(letters(first), name))
}

function isSameName(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return short === long || (short.length >= 3 && long.startsWith(short))
}

/** By its first three letters: what is misspelt is mostly so further on. */
export const hasFamily = (family: string | undefined, names: readonly HumanName[]): boolean =>
  family !== undefined &&
  names.some(
    (name) => name.family !== undefined && letters(name.family).slice(0, 3) === letters(family).slice(0, 3)
  )

function commonParts(a: string, b: string): number {
  const others = b.split('-')
  return a.split('-').filter((part, at) => part === others[at]).length
}
