import { createHash } from 'node:crypto'
import { Preflight } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import type { AcceptedWebhook, WebhookToAccept } from '@chesil/record-store'
import { isWebhookId } from '@chesil/webhook-signatures'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import {
  type AuthenticationDeps,
  admitPartner,
  checkSignature,
  partnerIdPattern
} from '../partners/authenticate.ts'
import type { KnownPartner } from '../partners/known-partners.ts'
import { answerProblems, Problem } from '../problem.ts'
import { formOf, webhookTypes } from './form.ts'

export interface WebhookRoutesDeps extends AuthenticationDeps {
  /** Resolves when the event is committed. */
  readonly accept: (event: WebhookToAccept) => Promise<AcceptedWebhook>
  /** What would become of an event of a partner who speaks for these sources. */
  readonly preview: (event: WebhookToAccept, sourceIds: readonly string[]) => Promise<Preflight>
  readonly newId: () => string
  readonly maxBodyBytes: number
  /** Of this service as partners know it, without a trailing slash. */
  readonly publicUrl: () => string
  readonly onAccepted: (partnerId: string, outcome: AcceptedWebhook['outcome'], form: string) => void
}

const Receipt = Type.Object({
  id: Type.String({ format: 'uuid' }),
  receipt: Type.String({ format: 'uri', description: 'Where to ask what became of it' }),
  state: Type.Literal('accepted'),
  acceptedAt: Type.String({ format: 'date-time' })
})

/** Also where webhooks are tried without effect: see preflight. */
export const PartnerInPath = Type.Object({
  partner: Type.String({ pattern: partnerIdPattern })
})

/** `POST /webhooks/{partner}`: 202 says that the event is committed, and where its receipt is. */
export const webhookRoutes =
  (deps: WebhookRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    answerProblems(app)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      [...webhookTypes],
      { parseAs: 'buffer' },
      async (_: unknown, body: Buffer) => body
    )
    app.addHook('onRequest', async (request) => {
      const { partner = '' } = request.params as { partner?: string }
      request.partner = await admitPartner(request, partner, deps)
    })
    app.addHook('preHandler', async (request, reply) => {
      checkSignature(request, bodyOf(request), request.partner as KnownPartner, deps)
      await deps.limitPartner(request, reply)
    })
    const errors = {
      400: Problem,
      401: Problem,
      409: Problem,
      413: Problem,
      415: Problem,
      429: Problem,
      503: Problem
    }
    const schema = {
      summary: 'Send an event',
      tags: ['webhooks'],
      params: PartnerInPath,
      headers: Type.Object({ 'webhook-id': Type.Optional(Type.String()) }),
      consumes: [...webhookTypes],
      response: { ...errors, 202: Receipt }
    }
    const options = { bodyLimit: deps.maxBodyBytes }
    app.post('/webhooks/:partner', { ...options, schema }, async (request, reply) => {
      const event = toEvent(request, deps)
      const accepted = await deps.accept(event).catch((cause: unknown) => {
        throw new OutcomeError('unavailable', 'Not kept just now: send it again', { cause })
      })
      deps.onAccepted(event.partnerId, accepted.outcome, event.form)
      if (accepted.outcome === 'different')
        throw new OutcomeError('conflict', 'This webhook-id was given to another body before')
      const receipt = `${deps.publicUrl()}/receipts/${accepted.id}`
      return reply
        .code(202)
        .header('Location', receipt)
        .send({
          id: accepted.id,
          receipt,
          state: 'accepted',
          acceptedAt: new Date(accepted.receivedAt).toISOString()
        })
    })
    const preflight = { ...schema, summary: 'Say what would become of an event, and keep nothing' }
    const response = { ...errors, 200: Preflight }
    app.post(
      '/webhooks/:partner/$preflight',
      { ...options, schema: { ...preflight, response } },
      async (request) => {
        const { sourceIds } = request.partner as KnownPartner
        return await deps.preview(toEvent(request, deps), sourceIds)
      }
    )
  }

/** @throws OutcomeError `invalid`. */
function bodyOf({ body }: FastifyRequest): Buffer {
  if (!Buffer.isBuffer(body) || body.length === 0) throw new OutcomeError('invalid', 'A body is needed')
  return body
}

/** @throws OutcomeError `invalid`. */
function toEvent(request: FastifyRequest, { newId }: Pick<WebhookRoutesDeps, 'newId'>): WebhookToAccept {
  const { headers, partner } = request
  const body = bodyOf(request)
  const eventId = headers['webhook-id']
  if (typeof eventId !== 'string' || !isWebhookId(eventId))
    throw new OutcomeError('invalid', 'webhook-id is needed: 1 to 256 visible characters, and no full stop')
  const contentType = String(headers['content-type'] ?? '')
  return {
    id: newId(),
    partnerId: (partner as KnownPartner).id,
    eventId,
    form: formOf(contentType, body),
    contentType: contentType.slice(0, 200),
    body,
    bodyHash: createHash('sha256').update(body).digest('base64url')
  }
}
