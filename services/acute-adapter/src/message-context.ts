import type { FhirSender, Hl7v2Sender, Itk3Sender } from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import type { FhirPushSource, MessageContext } from '@chesil/mappers'
import { personIdOf, resourceIdOf } from '@chesil/record-store'

/** A source that sends of itself. */
export type Sender = Hl7v2Sender | Itk3Sender | FhirSender

/** @returns what mapping, and the door, must know of a sender. @param receivedAt ISO instant. */
export const contextOf = (sender: Sender, receivedAt: string): MessageContext & FhirPushSource => ({
  source: {
    id: sender.id,
    odsCode: sender.odsCode,
    name: sender.name,
    patientNumberSystem: sender.patientNumberSystem ?? chesil.patientNumber(sender.odsCode),
    patientNumberAuthorities: sender.kind === 'hl7v2' ? (sender.patientNumberAuthorities ?? []) : [],
    baseUrl: sender.kind === 'fhir-sender' ? sender.baseUrl : undefined
  },
  receivedAt,
  personId: personIdOf,
  resourceId: (resourceType, sourceResourceId) => resourceIdOf(sender.id, resourceType, sourceResourceId)
})
