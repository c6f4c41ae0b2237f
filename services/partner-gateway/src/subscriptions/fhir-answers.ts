import { OutcomeError } from '@chesil/fhir'
import { type Database, findSubscription, type Subscription } from '@chesil/record-store'
import type { FastifyReply } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { SubscriptionBody } from './subscription-resource.ts'

const fhirJson = 'application/fhir+json'

/** Under its media type, as OpenAPI has it. */
export const asFhir = <Schema extends TSchema>(schema: Schema, description: string) => ({
  description,
  content: { [fhirJson]: { schema } }
})

const resource = <Name extends string>(name: Name, parts: Record<string, TSchema> = {}) =>
  Type.Object({ resourceType: Type.Literal(name), ...parts }, { additionalProperties: true })

const Outcome = resource('OperationOutcome', {
  issue: Type.Array(
    Type.Object(
      {
        severity: Type.Enum(['fatal', 'error', 'warning', 'information']),
        code: Type.String(),
        diagnostics: Type.String({ description: 'What to do; nothing of what was sent' }),
        expression: Type.Optional(Type.Array(Type.String()))
      },
      { additionalProperties: false }
    ),
    { minItems: 1 }
  )
})

const Entry = Type.Object({ fullUrl: Type.String() }, { additionalProperties: true })

/** Answers of these routes; see https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/ for what stands in them. */
export const fhirSchemas = {
  subscription: Type.Intersect([
    SubscriptionBody,
    Type.Object({ id: Type.String({ format: 'uuid' }), status: Type.String(), reason: Type.String() })
  ]),
  searchset: resource('Bundle', {
    type: Type.Literal('searchset'),
    total: Type.Optional(Type.Integer({ minimum: 0 })),
    entry: Type.Array(Entry)
  }),
  history: resource('Bundle', {
    type: Type.Literal('history'),
    entry: Type.Array(Entry, { minItems: 1 })
  }),
  capabilities: resource('CapabilityStatement', { fhirVersion: Type.Literal('4.0.1') })
}

const words = {
  400: 'What was sent cannot be read',
  401: 'Not known, or not signed: see `webhook-signature`',
  403: 'The token lacks the scope',
  404: 'There is no such subscription of yours',
  413: 'The body is too large',
  415: 'Not JSON',
  422: 'That is not done here: `expression` says where',
  503: 'Not just now: the same again, later'
} as const

export const fhirErrors = Object.fromEntries(
  Object.entries(words).map(([status, text]) => [status, asFhir(Outcome, text)])
)

export const sendFhir = (reply: FastifyReply, content: object) => reply.type(fhirJson).send(content)

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Another partner's is one that is not there. @throws OutcomeError `notFound` */
export async function findOwn(database: Database, partnerId: string, id: string): Promise<Subscription> {
  const found = uuid.test(id) ? await findSubscription(database, partnerId, id) : undefined
  if (!found) throw new OutcomeError('notFound', 'There is no such subscription of yours')
  return found
}

/** Anything that is not an id of ours names nothing. */
export const SubscriptionInPath = Type.Object({ id: Type.String({ description: 'Of the subscription' }) })
