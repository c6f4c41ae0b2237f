import type { ClaimedSubject, LocalIdentifier } from '@chesil/contracts'
import { chesil, defined, findNhsNumber, type NhsNumber, type Patient, systems } from '@chesil/fhir'
import { isFilledIn } from '../filled-in-number.ts'
import { type Json, many, one, text, texts, uri, word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import { genders } from '../stu3/elements/people.ts'
import { nhsNumbersIn } from '../stu3/person.ts'
import { type BundleEntry, findEntry } from './bundle-entries.ts'
import type { Itk3Message } from './message.ts'

/**
 * The Patient whom the document is about: the subject of its Composition, or the only one there is.
 *
 * @returns `undefined` where that is nobody, or cannot be told.
 */
export function findPatient({ composition, entries }: Itk3Message): BundleEntry | undefined {
  const subject = composition?.source['subject']
  const named = findEntry(entries, subject, 'Patient')
  if (named || one(subject)?.['reference'] !== undefined) return named
  const ids = new Map(entries.filter(({ type }) => type === 'Patient').map((entry) => [entry.id, entry]))
  const [only, ...others] = ids.values()
  return others.length === 0 ? only : undefined
}

/** @returns `undefined` for somebody without any number: nothing would tell them from others. */
export function toClaimedSubject(
  { source }: BundleEntry,
  context: MessageContext
): ClaimedSubject | undefined {
  const claimed = nhsNumbersIn(source['identifier'])
  const valid = new Set(claimed.flatMap((number) => findNhsNumber(number) ?? []))
  // Somebody with two NHS numbers is known by neither of them.
  const [nhsNumber] = valid.size === 1 ? valid : []
  const local = findLocal(source, { claimed, nhsNumber }, context)
  if (local === undefined) return undefined
  const birthDate = word(source['birthDate'])
  const name = currentName(source)
  return defined({
    local,
    nhsNumber,
    birthDate: birthDate !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(birthDate) ? birthDate : undefined,
    family: texts(name?.['family'])[0],
    given: name && texts(name['given']),
    gender: genderOf(source)
  })
}

const genderOf = (source: Json): Patient['gender'] => genders.get(word(source['gender'])?.toLowerCase() ?? '')

function currentName(source: Json): Json | undefined {
  const names = many(source['name']).filter(({ use }) => use !== 'old' && use !== 'maiden')
  return names.find(({ use }) => use === 'official') ?? names.find(({ use }) => use === 'usual') ?? names[0]
}

interface Numbers {
  readonly claimed: readonly string[]
  readonly nhsNumber: NhsNumber | undefined
}

/**
 * The trust's own number; else the NHS number that is claimed; else whatever other number there is, as this trust
 * gives it: trusts may share a system that tells nobody apart. An NHS number that fails its check digit is still how
 * the sender tells people apart, but one that is filled in for many is not.
 */
function findLocal(source: Json, { claimed, nhsNumber }: Numbers, context: MessageContext) {
  const { patientNumberSystem, odsCode } = context.source
  const others = many(source['identifier']).flatMap((identifier): LocalIdentifier[] => {
    const [system, value] = [uri(identifier['system']), text(identifier['value'])]
    const isNhs = system === undefined || system === systems.nhsNumber || /nhs-number$/i.test(system)
    return isNhs || value === undefined ? [] : [{ system, value }]
  })
  const own = others.find(({ system }) => system === patientNumberSystem)
  if (own) return own
  const asClaimed = (value: string): LocalIdentifier => ({ system: chesil.claimedNhsNumber(odsCode), value })
  if (nhsNumber !== undefined) return asClaimed(nhsNumber)
  const mistyped = claimed.find((number) => /^\d{10}$/.test(number) && !isFilledIn(number))
  const [other] = others
  if (other) return { ...other, system: `${patientNumberSystem}/${encodeURIComponent(other.system)}` }
  return mistyped === undefined ? undefined : asClaimed(mistyped)
}
