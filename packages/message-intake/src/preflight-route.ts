import { type Preflight, webhookForms } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'
import type { ClaimedWebhook } from '@chesil/record-store'
import { parseSigningKey, type SharedKey, verifyWebhook } from '@chesil/webhook-signatures'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'

/** What the gateway asks an adapter: an event as it would be handed over, its body in base64. */
export const PreflightQuestion = Type.Object({
  partnerId: Type.String(),
  eventId: Type.String(),
  form: Type.Enum([...webhookForms]),
  contentType: Type.String(),
  sourceIds: Type.Array(Type.String()),
  body: Type.String()
})
export type PreflightQuestion = Static<typeof PreflightQuestion>

export const preflightPath = '/preflight'

export interface PreflightOptions {
  readonly key: SharedKey
  readonly preview: (event: ClaimedWebhook) => Promise<Preflight>
  readonly maxBytes: number
  /** ms since 1970 */
  readonly now: () => number
}

/** @throws OutcomeError `invalid` for what is no `whsec_…`. */
export function readPreflightKey(text: string): SharedKey {
  const key = parseSigningKey(text)
  if (key.scheme === 'v1') return key
  throw new OutcomeError('invalid', 'The key of preflights is one that both ends have: whsec_…')
}

/**
 * Tells the gateway what would become of an event. Only who has the key that gateway and adapters share is answered;
 * nothing is kept.
 */
export const preflightRoute =
  ({ key, preview, maxBytes, now }: PreflightOptions): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      async (_: unknown, body: Buffer) => body
    )
    const bodyLimit = Math.ceil(maxBytes * 1.5) + 4_096
    app.post(preflightPath, { bodyLimit, schema: { hide: true } as object }, async (request) => {
      const body: unknown = request.body
      if (!Buffer.isBuffer(body)) throw new OutcomeError('invalid', 'A question is needed')
      const { headers } = request
      if (verifyWebhook({ headers, body, keys: [key], now: now() }).outcome === 'refused')
        throw new OutcomeError('unauthenticated', 'Only the partner gateway may ask')
      const question: unknown = JSON.parse(body.toString('utf8'))
      if (!Value.Check(PreflightQuestion, question))
        throw new OutcomeError('invalid', 'Not a question of the gateway')
      return await preview({
        ...question,
        id: '00000000-0000-4000-8000-000000000000',
        body: Buffer.from(question.body, 'base64'),
        receivedAt: now(),
        attempt: 1
      })
    })
  }
