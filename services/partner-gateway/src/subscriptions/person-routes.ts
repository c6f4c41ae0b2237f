import { findNhsNumber, isFhirDate, OutcomeError } from '@chesil/fhir'
import {
  type AssertedPerson,
  assertPerson,
  countAssertedPersons,
  endAssertion,
  findAssertedPerson,
  listAssertedPersons
} from '@chesil/record-store'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type, { type Static } from 'typebox'
import { answerProblems } from '../problem.ts'
import { mostPersons, type SubscriptionRoutesDeps } from './deps.ts'
import { findOwn, problems, SubscriptionInPath } from './fhir-answers.ts'
import { guardPartners, partnerOf } from './partner-scope.ts'

/**
 * Why a partner has to know of somebody: it gives care to them.
 *
 * - `registered`: as the practice they are registered with
 * - `referred`: they were referred to it
 * - `inpatient`, `outpatient`, `emergency`: in hospital
 * - `community`, `mental-health`, `maternity`: on its caseload
 * - `social-care`: they are supported by the council, or on its behalf
 */
export const relationships = [
  'registered',
  'referred',
  'inpatient',
  'outpatient',
  'emergency',
  'community',
  'mental-health',
  'maternity',
  'social-care'
] as const

const Assertion = Type.Object(
  {
    nhsNumber: Type.String({ maxLength: 20, description: 'Ten digits' }),
    birthDate: Type.String({
      maxLength: 10,
      description: 'YYYY-MM-DD. Nothing is told of somebody with another one'
    }),
    relationship: Type.Enum([...relationships], { description: 'Why you have to know of them' })
  },
  { additionalProperties: false }
)
const Person = Type.Object({
  id: Type.String({ format: 'uuid', description: 'Of the assertion; of the person it says nothing' }),
  nhsNumber: Type.String(),
  birthDate: Type.String(),
  relationship: Type.String(),
  assertedAt: Type.String({ format: 'date-time' })
})
const Listing = Type.Object({
  persons: Type.Array(Person),
  next: Type.Optional(Type.String({ format: 'uri', description: 'More of them' }))
})
const Page = Type.Object(
  {
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
    after: Type.Optional(Type.String({ format: 'uuid', description: 'As `next` has it' }))
  },
  { additionalProperties: false }
)

const tags = ['persons']

/**
 * `/subscriptions/{id}/persons`: of whom a partner is told, and why it has to know. Whether there is such a person, or
 * anything is kept back of them, is neither looked up nor told: the answer is always the same.
 */
export const personRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    answerProblems(app)
    guardPartners(app, deps)
    app.register(assertingRoutes(deps))
    app.register(listingRoutes(deps))
  }

const assertingRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, audit, newId } = deps
    const schema = {
      summary: 'Say of whom you have to know, and why',
      description: 'Audited. Answered alike whether or not there is such a person here.',
      tags,
      params: SubscriptionInPath,
      body: Assertion,
      response: { ...problems, 201: Person }
    }
    app.post('/subscriptions/:id/persons', { schema, config: { needs: 'u' } }, async (request, reply) => {
      const partner = partnerOf(request)
      const { id: subscriptionId, topic } = await findOwn(database, partner.id, request.params.id)
      if (topic === 'receipt')
        throw new OutcomeError('unmappable', 'Receipts are about no persons: name none')
      const assertion = readAssertion(request.body)
      await audit.assertion(request, '$assert-person', assertion)
      const person = await database.transaction(async (sql) => {
        const count = await countAssertedPersons(sql, subscriptionId)
        const standing = await findAssertedPerson(sql, subscriptionId, assertion.nhsNumber)
        if (!standing && count >= mostPersons)
          throw new OutcomeError('unmappable', `${mostPersons} persons are named: use another subscription`)
        await assertPerson(sql, subscriptionId, { id: newId(), ...assertion, assertedBy: partner.id })
        return await findAssertedPerson(sql, subscriptionId, assertion.nhsNumber)
      })
      return reply.code(201).send(toPerson(person as AssertedPerson))
    })
  }

/** @throws OutcomeError `invalid`, which repeats nothing. */
function readAssertion({ nhsNumber, birthDate, relationship }: Static<typeof Assertion>) {
  const number = findNhsNumber(nhsNumber)
  if (number === undefined)
    throw new OutcomeError('invalid', 'nhsNumber is ten digits that pass the check digit')
  if (birthDate.length !== 10 || !isFhirDate(birthDate))
    throw new OutcomeError('invalid', 'birthDate is a day: YYYY-MM-DD')
  return { nhsNumber: number, birthDate, relationship }
}

const listingRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, audit, publicUrl } = deps
    const schema = {
      summary: 'Of whom you are told',
      tags,
      params: SubscriptionInPath,
      querystring: Page,
      response: { ...problems, 200: Listing }
    }
    app.get('/subscriptions/:id/persons', { schema, config: { needs: 'r' } }, async (request) => {
      const { id } = await findOwn(database, partnerOf(request).id, request.params.id)
      const { count = 100, after } = request.query
      const page = { limit: count, ...(after !== undefined && { after }) }
      const persons = await listAssertedPersons(database, id, page)
      const last = persons.length === count ? persons.at(-1) : undefined
      return {
        persons: persons.map(toPerson),
        ...(last && { next: `${publicUrl()}/subscriptions/${id}/persons?count=${count}&after=${last.id}` })
      }
    })
    const ending = {
      summary: 'End it: nothing more is told of them',
      tags,
      params: Type.Object({
        id: Type.String({ description: 'Of the subscription' }),
        person: Type.String({ format: 'uuid', description: 'Of the assertion' })
      }),
      response: { ...problems, 204: Type.Null({ description: 'It has ended' }) }
    }
    app.delete(
      '/subscriptions/:id/persons/:person',
      { schema: ending, config: { needs: 'u' } },
      async (request, reply) => {
        const { id } = await findOwn(database, partnerOf(request).id, request.params.id)
        await audit.assertion(request, '$end-assertion', { assertion: request.params.person })
        if (!(await endAssertion(database, id, request.params.person)))
          throw new OutcomeError('notFound', 'There is no such assertion of yours')
        return reply.code(204).send(null)
      }
    )
  }

const toPerson = ({ id, nhsNumber, birthDate, relationship, assertedAt }: AssertedPerson) => ({
  id,
  nhsNumber,
  birthDate,
  relationship,
  assertedAt: new Date(assertedAt).toISOString()
})
