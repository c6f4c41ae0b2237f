import { auditEvent } from '@chesil/care-record'
import type { OdsCode } from '@chesil/fhir'
import type { AuditLog } from '@chesil/record-store'
import type { FastifyRequest } from 'fastify'
import { partnerOf } from './partner-scope.ts'

/** What a partner was told of one person. */
export interface ToldPerson {
  readonly patientId: string
  /** Of their record, the latest that was told of. */
  readonly version: number
  /** Events. */
  readonly count: number
}

/** Writes what a partner asserts, and what it is told on asking, before either takes effect. */
export function createSubscriptionAudit({
  log,
  now
}: {
  readonly log: Pick<AuditLog, 'commit'>
  readonly now: () => number
}) {
  return {
    /**
     * That a partner says why it has to know of somebody, or that it need not any more. Whether there is such a person
     * is not looked up.
     *
     * @throws OutcomeError `unavailable` when it cannot be committed: then it does not take effect.
     */
    async assertion(request: FastifyRequest, interaction: string, content: object): Promise<void> {
      const query = `${request.method} ${request.url}\n${JSON.stringify(content)}`
      const event = auditEvent({ ...base(request, now(), query), interaction, outcome: 'success' })
      await log.commit({ body: JSON.stringify(event) })
    },

    /** @throws OutcomeError `unavailable` when it cannot be committed: then nothing is told. */
    async told(request: FastifyRequest, person: ToldPerson): Promise<void> {
      const { patientId, version, count } = person
      const event = auditEvent({
        ...base(request, now(), request.url),
        interaction: '$events',
        outcome: 'success',
        count,
        patient: { id: patientId, nhsNumber: undefined, version }
      })
      await log.commit({ body: JSON.stringify(event), patientId })
    }
  }
}

export type SubscriptionAudit = ReturnType<typeof createSubscriptionAudit>

function base(request: FastifyRequest, recordedAt: number, query: string) {
  const { id, name, odsCode, clientId } = partnerOf(request)
  return {
    recordedAt,
    actor: { name, organisation: odsCode as OdsCode, clientId: clientId ?? id },
    requestId: request.id,
    query: Buffer.from(query).toString('base64'),
    network: { client: request.ip, server: request.socket.localAddress ?? 'not known' }
  }
}
