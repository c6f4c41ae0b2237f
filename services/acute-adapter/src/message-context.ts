import type { Hl7v2Sender, Itk3Sender } from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import type { MessageContext } from '@chesil/mappers'
import { personIdOf, resourceIdOf } from '@chesil/record-store'

/** @returns what mapping, and the door, must know of a sender. @param receivedAt ISO instant. */
export const contextOf = (sender: Hl7v2Sender | Itk3Sender, receivedAt: string): MessageContext => ({
  source: {
    id: sender.id,
    odsCode: sender.odsCode,
    name: sender.name,
    patientNumberSystem: sender.patientNumberSystem ?? chesil.patientNumber(sender.odsCode),
    patientNumberAuthorities: sender.kind === 'hl7v2' ? (sender.patientNumberAuthorities ?? []) : []
  },
  receivedAt,
  personId: personIdOf,
  resourceId: (resourceType, sourceResourceId) => resourceIdOf(sender.id, resourceType, sourceResourceId)
})
