import type { Location, Organization, Practitioner, PractitionerRole, RelatedPerson } from '@chesil/fhir'
import { conceptKeys, contradicts, intersects, wordsOf } from './concept.ts'
import { haveOtherNumbers, identifierKeys, organisationKey, wholeName } from './identity.ts'
import type { Judgement, Kind, Lookup } from './kind.ts'

interface Numbered {
  readonly numbers: ReadonlySet<string>
}
type Named = Practitioner | Organization | Location

/** Professionals, organisations and places: by their numbers alone, also through one who has both. */
const byNumber = <Type extends Named>(type: Type['resourceType']): Kind<Type, Numbered> => ({
  types: [type],
  joinsWithinSource: true,
  read({ identifier }) {
    const numbers = identifierKeys(identifier)
    return numbers.size === 0 ? undefined : { numbers }
  },
  blocks: ({ numbers }) => [...numbers],
  vagueness: () => 0,
  judge: judgeNumbers,
  rank: () => [],
  aspects: () => []
})
export const practitioners = byNumber<Practitioner>('Practitioner')
export const organisations = byNumber<Organization>('Organization')
export const locations = byNumber<Location>('Location')

function judgeNumbers(a: Numbered, b: Numbered): Judgement {
  if (haveOtherNumbers(a.numbers, b.numbers)) return 'different'
  return intersects(a.numbers, b.numbers) ? 'alike' : 'compatible'
}

/** A number of the role itself; else one professional, organisation and role. */
export const roles: Kind<PractitionerRole, Numbered> = {
  types: ['PractitionerRole'],
  joinsWithinSource: true,
  read(role, lookup) {
    const organisation = organisationKey(role.organization, lookup)
    const codes = conceptKeys(role.code ?? [])
    const combined = [...professionalKeys(role, lookup)].flatMap((who) =>
      organisation === undefined ? [] : [...codes].map((code) => `${who} ${organisation} ${code}`)
    )
    const numbers = new Set([...identifierKeys(role.identifier), ...combined])
    return numbers.size === 0 ? undefined : { numbers }
  },
  blocks: ({ numbers }) => [...numbers],
  vagueness: () => 0,
  judge: judgeNumbers,
  rank: () => [],
  aspects: () => []
}

function professionalKeys({ practitioner }: PractitionerRole, lookup: Lookup): ReadonlySet<string> {
  const found = lookup.find(practitioner)
  const listed = found?.resourceType === 'Practitioner' ? (found.identifier ?? []) : []
  return identifierKeys([...(practitioner?.identifier ? [practitioner.identifier] : []), ...listed])
}

interface Relative extends Numbered {
  readonly name: string | undefined
  readonly relationships: ReadonlySet<string>
  readonly born: ReadonlySet<string>
  readonly state: 'present' | 'former'
  /** Numbers and addresses by which they are reached; absent where none is told. */
  readonly contact: string | undefined
}

/** A number; else the whole name and the relationship. Father and son may share a name, not a birth date. */
export const relatives: Kind<RelatedPerson, Relative> = {
  types: ['RelatedPerson'],
  joinsWithinSource: false,
  read: (relative) => ({
    numbers: identifierKeys(relative.identifier),
    name: wholeName(relative.name),
    relationships: relationshipsOf(relative),
    born: new Set(relative.birthDate === undefined ? [] : [relative.birthDate]),
    state: relative.active === false || relative.period?.end !== undefined ? 'former' : 'present',
    contact: contactOf(relative)
  }),
  blocks: ({ numbers, name }) => [...numbers, ...(name === undefined ? [] : [`name ${name}`])],
  vagueness: () => 0,
  judge(a, b) {
    if (haveOtherNumbers(a.numbers, b.numbers) || contradicts(a.born, b.born)) return 'different'
    if (intersects(a.numbers, b.numbers)) return 'alike'
    const isOneName = a.name !== undefined && a.name === b.name
    return isOneName && intersects(a.relationships, b.relationships) ? 'same' : 'different'
  },
  // Whom one source still names is not hidden behind another's word that they are no longer.
  rank: ({ state }) => [state === 'present' ? 0 : 1],
  aspects: ({ state, contact }) => [
    { kind: 'status', value: state, words: state },
    ...(contact === undefined ? [] : [{ kind: 'contact' as const, value: contact, words: 'see each' }])
  ]
}

function contactOf({ telecom = [] }: RelatedPerson): string | undefined {
  const told = telecom.flatMap(({ value }) =>
    value === undefined ? [] : [value.replaceAll(/[\s()-]/g, '').toLowerCase()]
  )
  return told.length === 0 ? undefined : [...new Set(told)].sort().join(' ')
}

/** HL7 v3 RoleCode and table 0063 in words. */
const inWords: ReadonlyMap<string, string> = new Map([
  ['DAU', 'daughter'],
  ['DAUC', 'daughter'],
  ['SON', 'son'],
  ['SONC', 'son'],
  ['MTH', 'mother'],
  ['FTH', 'father'],
  ['SIS', 'sister'],
  ['BRO', 'brother'],
  ['SPS', 'spouse'],
  ['WIFE', 'wife'],
  ['HUSB', 'husband'],
  ['FRND', 'friend'],
  ['NBOR', 'neighbour']
])

/** That somebody is the next of kin, or a carer, is no relationship by which they could be told from another. */
const roleWords = new Set(['next of kin', 'emergency contact', 'unpaid carer', 'carer', 'contact'])

function relationshipsOf({ relationship }: RelatedPerson): ReadonlySet<string> {
  const words = (relationship ?? []).flatMap((concept) => [
    ...wordsOf(concept),
    ...(concept.coding ?? []).flatMap(({ code }) => inWords.get(code ?? '') ?? [])
  ])
  return new Set(words.filter((word) => !roleWords.has(word)))
}

export const isNextOfKin = ({ relationship }: Pick<RelatedPerson, 'relationship'>): boolean =>
  (relationship ?? []).some(
    (concept) =>
      wordsOf(concept).has('next of kin') ||
      concept.coding?.some(
        ({ system, code }) => code === 'NOK' || (code === 'N' && system?.endsWith('v2-0131'))
      )
  )
