import { OutcomeError } from '@chesil/fhir'
import { type Database, findSubscription, type Subscription } from '@chesil/record-store'
import type { FastifyReply } from 'fastify'
import Type, { type TSchema } from 'typebox'
import { Problem } from '../problem.ts'
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

export const fhirErrors = {
  '4xx': asFhir(
    Outcome,
    '401: not known, or not signed. 403: the token lacks the scope. 404: no subscription of yours. 422: not done here; `expression` says where.'
  ),
  '5xx': asFhir(Outcome, '503: not just now. The same again, later.')
}

const problemOf = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } }
})
export const problems = {
  '4xx': problemOf(
    '401: not known, or not signed. 403: the token lacks the scope. 404: nothing of yours. 422: not done here.'
  ),
  '5xx': problemOf('503: not just now. The same again, later.')
}

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
