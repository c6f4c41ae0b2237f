import { defined, isFhirDate, type NhsNumber, type OdsCode } from '@chesil/fhir'
import type { Address, Person, Stu3Resource } from '@chesil/synthetic'

interface HumanName {
  readonly use?: string
  readonly family?: string
  readonly given?: readonly string[]
  readonly prefix?: readonly string[]
}

interface PostalAddress {
  readonly line?: readonly string[]
  readonly city?: string
  readonly postalCode?: string
}

/**
 * Whom PDS would know, made from what a practice's record says of the person.
 *
 * @param patient Absent where the record holds none: then PDS knows a name nobody has.
 */
export function patientToPerson(
  patient: Stu3Resource | undefined,
  { nhsNumber, practice }: { readonly nhsNumber: NhsNumber; readonly practice: OdsCode }
): Person {
  const names = (patient?.['name'] as readonly HumanName[] | undefined) ?? []
  const name = names.find(({ use }) => use === 'official') ?? names[0]
  const birthDate = patient?.['birthDate']
  return defined({
    kind: 'ordinary' as const,
    nhsNumber,
    formerNhsNumbers: [],
    name: defined({ family: name?.family ?? 'Unknown', given: name?.given ?? [], prefix: name?.prefix?.[0] }),
    gender: findGender(patient?.['gender']) ?? ('unknown' as const),
    birthDate: typeof birthDate === 'string' && isFhirDate(birthDate) ? birthDate : '1900-01-01',
    address: findAddress(patient),
    telephone: findPhone(patient),
    practice
  })
}

const genders = ['female', 'male', 'other', 'unknown'] as const
const findGender = (value: unknown) => genders.find((gender) => gender === value)

function findAddress(patient: Stu3Resource | undefined): Address | undefined {
  const [address] = (patient?.['address'] as readonly PostalAddress[] | undefined) ?? []
  if (!address?.postalCode) return undefined
  return { lines: address.line ?? [], city: address.city ?? '', postalCode: address.postalCode }
}

function findPhone(patient: Stu3Resource | undefined): string | undefined {
  const telecom = (patient?.['telecom'] as readonly { system?: string; value?: string }[] | undefined) ?? []
  return telecom.find(({ system }) => system === 'phone')?.value
}
