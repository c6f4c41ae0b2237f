import type { Reader } from '@chesil/access-tokens'
import { type AuditActor, auditEvent } from '@chesil/care-record'
import type { NhsNumber } from '@chesil/fhir'
import type { AuditLog } from '@chesil/record-store'
import type { FastifyRequest } from 'fastify'

/** What was shown, or was not, of one person. */
export interface Disclosure {
  readonly patientId: string
  readonly nhsNumber: NhsNumber | undefined
  readonly version?: number
  readonly outcome: 'success' | 'refused'
  readonly reason?: string
  /** Resources shown. */
  readonly count?: number
  /** The one item that was read, `Type/id`. */
  readonly item?: string
}

/** Writes who saw what, before they see it. */
export function createAuditTrail({ log, now }: { readonly log: AuditLog; readonly now: () => number }) {
  return {
    /**
     * @returns the revision of the person's state at the commit: what was composed from an older one must not go out.
     * @throws OutcomeError `unavailable` when it cannot be committed: then nothing is shown.
     */
    async disclosure(request: FastifyRequest, shown: Disclosure): Promise<number | undefined> {
      const event = auditEvent({
        ...base(request, now()),
        outcome: shown.outcome,
        ...(shown.reason !== undefined && { reason: shown.reason }),
        ...(shown.item !== undefined && { item: shown.item }),
        ...(shown.count !== undefined && { count: shown.count }),
        patient: {
          id: shown.patientId,
          nhsNumber: shown.nhsNumber,
          ...(shown.version !== undefined && { version: shown.version })
        }
      })
      const receipt = await log.commit({ body: JSON.stringify(event), patientId: shown.patientId })
      request.isAudited = true
      return receipt.revision
    },

    /** An answer about nobody: a refusal, an error, or a search that may find none. */
    async refusal(request: FastifyRequest, reason: string): Promise<void> {
      const event = auditEvent({ ...base(request, now()), outcome: 'refused', reason })
      await log.commit({ body: JSON.stringify(event) })
      request.isAudited = true
    }
  }
}

export type AuditTrail = ReturnType<typeof createAuditTrail>

function base(request: FastifyRequest, recordedAt: number) {
  return {
    recordedAt,
    interaction: request.routeOptions.config.rule?.interaction ?? 'unknown',
    actor: actorOf(request.reader),
    requestId: request.id,
    query: Buffer.from(request.url).toString('base64'),
    network: { client: request.ip, server: request.socket.localAddress ?? 'not known' }
  }
}

function actorOf(reader: Reader | undefined): AuditActor {
  if (!reader) return {}
  return {
    userId: reader.userId,
    roleCode: reader.roleCode,
    organisation: reader.organisation,
    ...(reader.name !== undefined && { name: reader.name }),
    ...(reader.clientId !== undefined && { clientId: reader.clientId }),
    ...(reader.purposeOfUse !== undefined && { purposeOfUse: reader.purposeOfUse })
  }
}
