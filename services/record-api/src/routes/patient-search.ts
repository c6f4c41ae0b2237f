import {
  findNhsNumber,
  isFhirDate,
  isOutcomeError,
  type NhsNumber,
  OutcomeError,
  systems
} from '@chesil/fhir'
import { findPersonsByName } from '@chesil/record-store'
import type { PdsSearch } from '@chesil/source-clients'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { identification, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { bundlePieces } from '../http/bundle.ts'
import { type Parameters, queryParameters, single, toQuery } from '../http/parameters.ts'
import { sendPieces } from '../http/send.ts'
import { answerAboutPerson, neutralText, type PersonAnswerFacts } from '../person/answer-person.ts'
import type { Freshening } from '../person/freshen.ts'
import { findOrTrace, pdsAway } from '../person/open-person.ts'
import type { Piece } from '../view/gzip-stream.ts'
import { fresheningOf, outcomeOf } from './person-request.ts'

const rule: RouteRule = {
  interaction: 'search-type',
  resourceType: 'Patient',
  needs: 's',
  purposes: identification
}
const Text = (description: string) => Type.Optional(Type.String({ maxLength: 200, description }))
const Querystring = Type.Object({
  identifier: Text('NHS number, alone or as https://fhir.nhs.uk/Id/nhs-number|{number}'),
  _id: Text('Chesil’s id of the person'),
  family: Text('With birthdate'),
  birthdate: Text('With family: YYYY-MM-DD'),
  given: Text('First name'),
  gender: Text('male, female, other or unknown'),
  'address-postalcode': Text('Postcode')
})

/** `GET Patient?…`: finding the person. By NHS number it is also the first contact with somebody not met yet. */
export function patientSearchRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/Patient',
      {
        config: { rule },
        schema: {
          summary: 'Find a person by NHS number, or by family name and birth date',
          tags: ['Person'],
          querystring: Querystring
        }
      },
      async (request, reply) => {
        const parameters = queryParameters(request)
        const { patientIds, isChosen, remark } = await find(request, parameters, deps)
        const freshening = isChosen ? whileReading(request, deps) : undefined
        const answers = await Promise.all(patientIds.map((id) => answerOne(request, id, freshening, deps)))
        const shown = answers.flatMap((answer) => answer ?? [])
        if (!request.isAudited) await deps.audit.refusal(request, 'nobody found')
        reply.header('Cache-Control', 'private, no-cache')
        return sendPieces(request, reply, toBundle(shown, parameters, remark, deps))
      }
    )
  }
}

interface FoundIds {
  readonly patientIds: readonly string[]
  /** The reader named this very person, so that their sources are asked; one of a list they only look at. */
  readonly isChosen: boolean
  /** Said beside the result. */
  readonly remark?: string
}

async function find(request: FastifyRequest, parameters: Parameters, deps: Deps): Promise<FoundIds> {
  const id = single(parameters, '_id')
  if (id !== undefined) return { patientIds: [id], isChosen: true }
  const identifier = single(parameters, 'identifier')
  if (identifier !== undefined) return await findByNumber(request, identifier, deps)
  return await findByName(request, toPdsSearch(parameters), deps)
}

async function findByNumber(request: FastifyRequest, identifier: string, deps: Deps): Promise<FoundIds> {
  const nhsNumber = parseIdentifier(identifier)
  if (!nhsNumber) return { patientIds: [], isChosen: true }
  const context = { reader: request.access.reader, requestId: request.id }
  const patientId = await findOrTrace(nhsNumber, context, deps)
  return { patientIds: patientId === undefined ? [] : [patientId], isChosen: true }
}

/** @returns `undefined` for another kind of identifier: nobody is found by it. */
function parseIdentifier(text: string): NhsNumber | undefined {
  const bar = text.lastIndexOf('|')
  if (bar >= 0 && text.slice(0, bar) !== systems.nhsNumber) return undefined
  const nhsNumber = findNhsNumber(text.slice(bar + 1))
  if (nhsNumber) return nhsNumber
  throw new OutcomeError(
    'invalid',
    'identifier is not a valid NHS number: ten digits that pass the check digit',
    {
      expression: 'Patient.identifier'
    }
  )
}

const genders = new Set(['male', 'female', 'other', 'unknown'])

function toPdsSearch(parameters: Parameters): PdsSearch {
  const family = single(parameters, 'family')?.trim()
  const birthdate = single(parameters, 'birthdate')?.replace(/^eq/, '')
  if (!family || !birthdate) {
    throw new OutcomeError(
      'invalid',
      'Find a person by identifier, by _id, or by family and birthdate together'
    )
  }
  if (!isFhirDate(birthdate) || birthdate.length !== 10) {
    throw new OutcomeError('invalid', 'birthdate needs a whole date, such as 1950-04-21')
  }
  const gender = single(parameters, 'gender')
  if (gender !== undefined && !genders.has(gender)) {
    throw new OutcomeError('invalid', 'gender is male, female, other or unknown')
  }
  const given = single(parameters, 'given')
  const postcode = single(parameters, 'address-postalcode')
  return {
    family,
    birthdate,
    ...(given && { given }),
    ...(gender && { gender: gender as NonNullable<PdsSearch['gender']> }),
    ...(postcode && { postcode })
  }
}

async function findByName(request: FastifyRequest, search: PdsSearch, deps: Deps): Promise<FoundIds> {
  const context = { reader: request.access.reader, requestId: request.id }
  try {
    const patientIds = await deps.tracing.search(search, context)
    return patientIds
      ? { patientIds, isChosen: false }
      : { patientIds: [], isChosen: false, remark: 'Too many people match: give more details' }
  } catch (error) {
    if (!isOutcomeError(error)) throw error
    if (error.kind === 'invalid') throw error
    const patientIds = await findPersonsByName(deps.database, search)
    if (patientIds.length === 0) throw pdsAway(error)
    return {
      patientIds,
      isChosen: false,
      remark: 'The Personal Demographics Service is away: only people met before were searched'
    }
  }
}

interface ShownPerson {
  readonly entry: Piece | undefined
  readonly facts: PersonAnswerFacts
}

/** Finding somebody starts asking their sources and waits for none, unless the reader wants to. */
function whileReading(request: FastifyRequest, deps: Deps): Freshening {
  return fresheningOf(request, deps, { defaultWaitSeconds: 0 })
}

async function answerOne(
  request: FastifyRequest,
  patientId: string,
  freshening: Freshening | undefined,
  deps: Deps
): Promise<ShownPerson | undefined> {
  const answer = await answerAboutPerson<ShownPerson>(
    request,
    {
      patientId,
      ...(freshening && { freshening }),
      compose: (facts) => {
        const item = facts.selection.byKey.get(`Patient/${facts.state.patientId}`)
        return { content: { entry: item?.piece, facts }, count: item ? 1 : 0 }
      }
    },
    deps
  )
  return answer?.content
}

function toBundle(
  shown: readonly ShownPerson[],
  parameters: Parameters,
  remark: string | undefined,
  { ids, baseUrl, now }: Deps
): readonly Piece[] {
  const entries = shown.flatMap(({ entry }) => entry ?? [])
  const outcome = {
    resourceType: 'OperationOutcome' as const,
    issue: [...shown.flatMap(({ facts }) => outcomeOf(facts).issue), ...remarks(entries.length === 0, remark)]
  }
  const head = {
    type: 'searchset' as const,
    id: ids.newId(),
    lastUpdated: now(),
    total: entries.length,
    links: [{ relation: 'self' as const, url: `${baseUrl()}/Patient?${toQuery(parameters)}` }]
  }
  return bundlePieces(head, entries, outcome)
}

/** Whoever finds nobody reads the same, whether there is nobody or nobody who may be shown. */
function remarks(isEmpty: boolean, remark: string | undefined) {
  const issue = (text: string) => ({
    severity: 'warning' as const,
    code: 'not-found' as const,
    details: { text }
  })
  return [...(remark === undefined ? [] : [issue(remark)]), ...(isEmpty ? [issue(neutralText)] : [])]
}
