import { type ClaimedSubject, itemTags } from '@chesil/contracts'
import {
  chesil,
  defined,
  type Identifier,
  type Patient,
  systems,
  ukCoreExtension,
  ukCoreProfile
} from '@chesil/fhir'

/** UK Core: the number is there, and PDS was not asked, or did not confirm it. */
const unverifiedNumber = { code: '02', display: 'Number present but not traced' }

/**
 * Somebody whom only one source knows: as that source does, with a mark that nobody has verified who they are. No
 * address: whether they may be found is not known.
 *
 * @param claim The source's Patient; absent where its messages have said nothing but a number.
 */
export function localPatient(
  personId: string,
  { local, nhsNumber, birthDate, family, given, gender }: ClaimedSubject,
  claim?: Patient
): Patient {
  const number: Identifier[] = nhsNumber
    ? [
        {
          extension: [
            {
              url: ukCoreExtension('NHSNumberVerificationStatus'),
              valueCodeableConcept: {
                coding: [{ system: systems.nhsNumberVerification, ...unverifiedNumber }]
              }
            }
          ],
          system: systems.nhsNumber,
          value: nhsNumber
        }
      ]
    : []
  const named = family !== undefined || given !== undefined
  return defined({
    resourceType: 'Patient' as const,
    id: personId,
    meta: {
      profile: [ukCoreProfile('Patient')],
      tag: [
        ...(claim?.meta?.tag?.filter(({ system }) => system === chesil.source) ?? []),
        { system: chesil.itemTag, ...itemTags.unverified }
      ]
    },
    identifier: [...(isClaimedNumber(local) ? [] : [local]), ...number],
    active: true,
    name: claim?.name ?? (named ? [defined({ family, given: given && [...given] })] : undefined),
    gender: claim?.gender ?? gender,
    birthDate: claim?.birthDate ?? birthDate,
    deceasedBoolean: claim?.deceasedBoolean,
    deceasedDateTime: claim?.deceasedDateTime
  })
}

const isClaimedNumber = ({ system }: ClaimedSubject['local']): boolean =>
  system.endsWith('/claimed-nhs-number')
