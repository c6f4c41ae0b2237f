import { eventCatalogue } from '@chesil/care-record'
import { parseVerifyingKey, verifyWebhook } from '@chesil/webhook-signatures'
import type { FastifyInstance } from 'fastify'
import type { Render } from '../render.ts'

const forOperators = { for: 'operators' } as const

/** What partners can send. */
const forms = [
  {
    type: 'application/fhir+json',
    about: 'A FHIR R4 resource or Bundle',
    example: '{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"…"},"subject":{…}}'
  },
  { type: 'application/hl7-v2+er7', about: 'One HL7 v2 message', example: 'MSH|^~\\&|…' },
  { type: 'text/csv', about: 'Client Level Data: a whole submission', example: 'nhs_number,…' },
  {
    type: 'application/json',
    about: 'A person has changed: come and fetch',
    example: '{"type":"person.changed","data":{"nhsNumber":"…"}}'
  }
]

const toldExample = JSON.stringify(
  {
    type: 'new-result',
    timestamp: '2026-01-31T09:00:00.000Z',
    data: { subscription: '…', number: 7, patient: '…', version: 12, items: ['Observation/…'] }
  },
  null,
  2
)

export function toolRoutes(app: FastifyInstance, { render }: { readonly render: Render }): void {
  app.get('/event-catalogue', { config: forOperators }, async (_request, reply) => {
    return await render(reply, 'event-catalogue.njk', { forms, topics: eventCatalogue(), toldExample })
  })
  app.get('/verify-signature', { config: forOperators }, async (_request, reply) => {
    return await render(reply, 'verify-signature.njk', {})
  })
  app.post<{ Body: Readonly<Record<string, unknown>> }>(
    '/verify-signature',
    { config: forOperators },
    async ({ body }, reply) => {
      const text = (name: string): string => (typeof body[name] === 'string' ? body[name] : '')
      const verdict = verify({
        key: text('key'),
        id: text('id'),
        timestamp: text('timestamp'),
        signature: text('signature'),
        body: text('body')
      })
      // The key and the body are not sent back.
      const { id, timestamp, signature } = {
        id: text('id'),
        timestamp: text('timestamp'),
        signature: text('signature')
      }
      return await render(reply, 'verify-signature.njk', { verdict, asked: { id, timestamp, signature } })
    }
  )
}

interface Signed {
  readonly key: string
  readonly id: string
  readonly timestamp: string
  readonly signature: string
  readonly body: string
}

/** @returns what is wrong, in a code; `undefined`: it is right, whatever its age. */
function verify({ key, id, timestamp, signature, body }: Signed): { readonly refused?: string } {
  try {
    const headers = {
      'webhook-id': id.trim(),
      'webhook-timestamp': timestamp.trim(),
      'webhook-signature': signature.trim()
    }
    const now = Number(timestamp.trim()) * 1_000
    const keys = [parseVerifyingKey(key.trim())]
    const verification = verifyWebhook({ headers, body: Buffer.from(body), keys, now })
    return verification.outcome === 'refused' ? { refused: verification.reason } : {}
  } catch {
    return { refused: 'no-key' }
  }
}
