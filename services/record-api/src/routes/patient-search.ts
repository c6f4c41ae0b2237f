import { isOutcomeError } from '@chesil/fhir'
import { findPersonByIdentifier, findPersonsByName } from '@chesil/record-store'
import type { PdsSearch } from '@chesil/source-clients'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { identification, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { bundlePieces, toClosing } from '../http/bundle.ts'
import { acceptForms, formParameters, type Parameters, queryParameters, toQuery } from '../http/parameters.ts'
import { parsePrefer } from '../http/prefer.ts'
import { sendPieces } from '../http/send.ts'
import { answerAboutPerson, neutralText } from '../person/answer-person.ts'
import type { Freshening } from '../person/freshen.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { findOrTrace, pdsAway } from '../person/open-person.ts'
import { type PatientQuery, parsePatientQuery } from '../person/patient-query.ts'
import type { Piece } from '../view/gzip-stream.ts'
import { fresheningOf, ignoredIssue, outcomeOf } from './person-request.ts'

const rule: RouteRule = {
  interaction: 'search-type',
  resourceType: 'Patient',
  needs: 's',
  purposes: identification
}
const Text = (description: string) => Type.Optional(Type.String({ maxLength: 200, description }))
const Querystring = Type.Object({
  identifier: Text(
    'NHS number, alone or as `https://fhir.nhs.uk/Id/nhs-number|{number}`; or an organisation’s own number, as `{system}|{number}`'
  ),
  _id: Text('Chesil’s id of the person'),
  family: Text('Family name; together with birthdate'),
  birthdate: Text('YYYY-MM-DD; together with family'),
  given: Text('First name; beside family and birthdate'),
  gender: Text('male, female, other or unknown; beside family and birthdate'),
  'address-postalcode': Text('Postcode; beside family and birthdate')
})

/** `GET Patient?…` and `POST Patient/_search`: finding the person. By NHS number it is also the first contact with somebody not met yet. */
export function patientSearchRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    acceptForms(app)
    app.get(
      '/Patient',
      {
        config: { rule },
        schema: {
          operationId: 'findPerson',
          summary: 'Find a person by NHS number, or by family name and birth date',
          description:
            'By NHS number (or `_id`) it also begins to ask the person’s sources, met before or not. By name it does not.',
          tags: ['Person'],
          querystring: Querystring
        }
      },
      (request, reply) => findPeople(request, reply, queryParameters(request), deps)
    )
    app.post(
      '/Patient/_search',
      {
        config: { rule },
        schema: {
          operationId: 'findPersonByForm',
          summary:
            'The same, with what is known of the person in the body, where no log of addresses keeps it',
          description: 'The parameters stand in the body of a form, in the address or in both.',
          tags: ['Person'],
          querystring: Querystring
        }
      },
      (request, reply) =>
        findPeople(request, reply, [...queryParameters(request), ...formParameters(request)], deps)
    )
  }
}

async function findPeople(request: FastifyRequest, reply: FastifyReply, parameters: Parameters, deps: Deps) {
  const { handling } = parsePrefer(request.headers['prefer'])
  const { query, ignored } = parsePatientQuery(parameters, handling)
  const { patientIds, isChosen, remark } = await find(request, query, deps)
  const freshening = isChosen ? whileReading(request, deps) : undefined
  const answers = await Promise.all(patientIds.map((id) => answerOne(request, id, freshening, deps)))
  const shown = answers.flatMap((answer) => answer ?? [])
  if (!request.isAudited) await deps.audit.refusal(request, 'nobody found')
  reply.header('Cache-Control', request.method === 'POST' ? 'private, no-store' : 'private, no-cache')
  return sendPieces(request, reply, toBundle(shown, { parameters, ignored, remark }, deps))
}

interface FoundIds {
  readonly patientIds: readonly string[]
  /** The reader named this very person, so that their sources are asked; one of a list they only look at. */
  readonly isChosen: boolean
  /** Said beside the result. */
  readonly remark?: string
}

async function find(request: FastifyRequest, query: PatientQuery, deps: Deps): Promise<FoundIds> {
  if (query.by === 'id') return { patientIds: [query.id], isChosen: true }
  if (query.by === 'name') return await findByName(request, query.search, deps)
  if (query.by === 'local-number') {
    const known = await findPersonByIdentifier(deps.database, query.identifier)
    return { patientIds: known === undefined ? [] : [known], isChosen: true }
  }
  const context = { reader: request.access.reader, requestId: request.id }
  const patientId = await findOrTrace(query.nhsNumber, context, deps)
  return { patientIds: patientId === undefined ? [] : [patientId], isChosen: true }
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
      remark:
        'The Personal Demographics Service is away: only people met before were searched, by family name and birth date alone'
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

interface Asked {
  readonly parameters: Parameters
  readonly ignored: readonly string[]
  readonly remark: string | undefined
}

function toBundle(
  shown: readonly ShownPerson[],
  { parameters, ignored, remark }: Asked,
  { ids, baseUrl, now }: Deps
): readonly Piece[] {
  const entries = shown.flatMap(({ entry }) => entry ?? [])
  const used = parameters.filter(([name]) => !ignored.includes(name))
  const outcome = {
    resourceType: 'OperationOutcome' as const,
    issue: [
      ...shown.flatMap(({ facts }) => outcomeOf(facts, shown.length > 1).issue),
      ...remarks(entries.length === 0, remark),
      ...ignored.map(ignoredIssue)
    ]
  }
  const head = {
    type: 'searchset' as const,
    id: ids.newId(),
    lastUpdated: now(),
    total: entries.length,
    links: [{ relation: 'self' as const, url: `${baseUrl()}/Patient?${toQuery(used)}` }]
  }
  return bundlePieces(head, entries, toClosing(outcome))
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
