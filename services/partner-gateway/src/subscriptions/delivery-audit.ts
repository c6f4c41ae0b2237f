import { auditEvent } from '@chesil/care-record'
import type { OdsCode } from '@chesil/fhir'
import type { AuditLog, ClaimedDelivery } from '@chesil/record-store'
import type { ToldEvent } from './notification.ts'

/** Writes down what a subscriber is about to be told of one person, at every attempt. */
export function createDeliveryAudit({
  log,
  now
}: {
  readonly log: Pick<AuditLog, 'commit'>
  readonly now: () => number
}) {
  /** @throws OutcomeError `unavailable` when it cannot be committed: then nothing is sent. */
  return async (delivery: ClaimedDelivery, { about }: ToldEvent): Promise<void> => {
    if (!about) throw new Error('Only what is told is audited')
    const { id, partnerName, odsCode, clientId, partnerId, url } = delivery
    const event = auditEvent({
      recordedAt: now(),
      interaction: '$notify',
      outcome: 'success',
      actor: { name: partnerName, organisation: odsCode as OdsCode, clientId: clientId ?? partnerId },
      requestId: id,
      query: Buffer.from(`POST ${url}`).toString('base64'),
      count: about.items.length,
      patient: { id: about.patientId, nhsNumber: undefined, version: about.version },
      // Audited before there is a connection.
      network: { client: 'not known', server: 'not known' }
    })
    await log.commit({ body: JSON.stringify(event), patientId: about.patientId })
  }
}
