import type { CouncilApi, SocialCareSender } from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import type { MessageContext } from '@chesil/mappers'
import { personIdOf, resourceIdOf } from '@chesil/record-store'

/** @returns what mapping must know of a source. @param receivedAt ISO instant. */
export const contextOf = (source: SocialCareSender | CouncilApi, receivedAt: string): MessageContext => ({
  source: {
    id: source.id,
    odsCode: source.odsCode,
    name: source.name,
    patientNumberSystem: source.patientNumberSystem ?? chesil.patientNumber(source.odsCode),
    patientNumberAuthorities: source.kind === 'adw' ? (source.sites ?? []) : []
  },
  receivedAt,
  personId: personIdOf,
  resourceId: (resourceType, sourceResourceId) => resourceIdOf(source.id, resourceType, sourceResourceId)
})
