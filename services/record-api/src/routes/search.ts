import { parseSearch } from '@chesil/care-record'
import { OutcomeError } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { directCare, type RouteRule } from '../access/access.ts'
import type { Deps } from '../deps.ts'
import { searchOf } from '../http/cursors.ts'
import { acceptForms, type Parameters, single } from '../http/parameters.ts'
import { parsePrefer } from '../http/prefer.ts'
import { parseResultParameters } from '../http/result-parameters.ts'
import { sendPieces, sendValidated } from '../http/send.ts'
import { answerAboutPerson } from '../person/answer-person.ts'
import { findByIdentifier } from '../person/find-identified.ts'
import { PersonId, TypeNameButPatient } from './path-parameters.ts'
import { fresheningOf, nobody } from './person-request.ts'
import { composeSearch, type Search } from './search-answer.ts'

const rule: RouteRule = { interaction: 'search-type', resourceType: 'path', needs: 's', purposes: directCare }
const Params = Type.Object({ type: TypeNameButPatient })
const CompartmentParams = Type.Object({ id: PersonId, type: TypeNameButPatient })
const Text = (description: string) => Type.Optional(Type.String({ description }))
/** Given several times, all must hold. */
const Texts = (description: string) =>
  Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())], { description }))
const Querystring = Type.Object(
  {
    patient: Texts(
      'Whose record is searched: Chesil’s id, alone or as `Patient/{id}`; needed, except with `_cursor`'
    ),
    _id: Texts('Chesil’s ids of resources, by commas'),
    code: Texts('`code` or `system|code`, by commas; compared as it is written'),
    category: Texts('As `code`'),
    status: Texts('As `code`'),
    date: Texts('With FHIR’s prefixes, such as `ge2026-03-01`; without a zone it is London time'),
    target: Text('On Provenance: the items that it is about, as `Type/id`, by commas'),
    _lastUpdated: Texts('When it got its wording here; as `date`'),
    _sort: Text('Names of search parameters, by commas, `-` for descending; newest first when absent'),
    'patient.identifier': Texts('In place of `patient`: the NHS number, or an organisation’s own number'),
    _count: Text('Resources in a page: 100 when absent, at most 1,000; with 0 only how many there are'),
    _total: Text('`none`: without how many there are'),
    _summary: Text('`true`, `text`, `data`, `count` or `false`: a part of each resource, tagged SUBSETTED'),
    _elements: Text('Names of elements, by commas: these and those that are mandatory, tagged SUBSETTED'),
    _include: Texts('What matches refer to, as `{type}:{parameter}`, or `*`; `:iterate` goes on from there'),
    _revinclude: Texts('What refers to matches, as `{type}:{parameter}`, or `Provenance:target`'),
    _cursor: Text('The next page: follow the `next` link, do not write it')
  },
  { additionalProperties: true }
)

const description =
  'Each type has some of these parameters, and others of its own: see `/metadata`. What a type does not have is refused, unless `Prefer: handling=lenient`.'

/** `GET {type}?patient=…`, `GET Patient/{id}/{type}` and `POST {type}/_search`: a search inside one person's record. */
export function searchRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  return async (app) => {
    acceptForms(app)
    app.get(
      '/:type',
      {
        config: { rule },
        schema: {
          operationId: 'searchResources',
          summary: 'Search one type of resource in a person’s record',
          description,
          tags: ['Resources'],
          params: Params,
          querystring: Querystring
        }
      },
      async (request, reply) =>
        sendValidated(request, reply, await answerSearch(request, request.params.type, deps))
    )
    app.get(
      '/Patient/:id/:type(^[A-Z]\\w*$)',
      {
        config: { rule },
        schema: {
          operationId: 'searchCompartment',
          summary: 'The same search, the person named in the path',
          description,
          tags: ['Resources'],
          params: CompartmentParams,
          querystring: Querystring
        }
      },
      async (request, reply) => {
        const { id, type } = request.params
        return sendValidated(request, reply, await answerSearch(request, type, deps, id))
      }
    )
    app.post(
      '/:type/_search',
      {
        config: { rule },
        schema: {
          operationId: 'searchResourcesByForm',
          summary: 'The same search, its parameters in the body of a form or in the address or in both',
          description,
          tags: ['Resources'],
          params: Params,
          querystring: Querystring
        }
      },
      async (request, reply) => {
        const { pieces } = await answerSearch(request, request.params.type, deps)
        reply.header('Cache-Control', 'private, no-store')
        return sendPieces(request, reply, pieces)
      }
    )
  }
}

/** @param inPath The person whose compartment is searched; where absent, the parameters name them. */
async function answerSearch(request: FastifyRequest, type: string, deps: Deps, inPath?: string) {
  const { cursor, parameters: given } = searchOf(request, deps.cursors, type)
  if (cursor && inPath !== undefined)
    throw new OutcomeError('invalid', 'A page link names its person: follow it as it is')
  const parameters: Parameters = inPath === undefined ? given : [['patient', inPath], ...given]
  const { handling } = parsePrefer(request.headers['prefer'])
  const search = parse(type, parameters, handling, deps.baseUrl())
  const takesProvenance = search.result.includes.some(({ sourceType }) => sourceType === 'Provenance')
  if (takesProvenance && !request.access.mayRead('Provenance'))
    throw new OutcomeError('forbidden', 'The role or the token’s scopes do not allow Provenance')
  const answer = await answerAboutPerson(
    request,
    {
      patientId: cursor?.patientId ?? (await findPerson(request, parameters, deps)),
      ...(cursor ? { cursor } : { freshening: fresheningOf(request, deps) }),
      compose: (facts) => composeSearch(facts, search, cursor, deps)
    },
    deps
  )
  if (!answer) throw nobody()
  return answer.content
}

/** @throws OutcomeError `invalid` as `parseSearch`, and for what is given twice and can be meant once. */
function parse(
  type: string,
  parameters: Parameters,
  handling: 'strict' | 'lenient',
  baseUrl: string
): Search {
  single(parameters, '_sort')
  const target = type === 'Provenance' ? single(parameters, 'target') : undefined
  const targets = target === undefined ? undefined : parseTargets(target, baseUrl)
  const criteria = targets === undefined ? parameters : parameters.filter(([name]) => name !== 'target')
  const query = parseSearch(type, criteria, handling, baseUrl)
  return { query, parameters, targets, result: parseResultParameters(parameters) }
}

/** @returns `Type/id` of each. @throws OutcomeError `invalid` for what names no item of a record here. */
function parseTargets(text: string, baseUrl: string): ReadonlySet<string> {
  const keys = text.split(',').map((one) => localOf(one, baseUrl))
  if (!keys.every((key) => /^[A-Z]\w*\/[\w.-]+$/.test(key)))
    throw new OutcomeError('invalid', 'target needs Type/id of an item, or several by commas')
  return new Set(keys)
}

const localOf = (reference: string, baseUrl: string): string =>
  reference.startsWith(`${baseUrl}/`) ? reference.slice(baseUrl.length + 1) : reference

/**
 * @returns their id; of nobody an empty one, which nobody has.
 * @throws OutcomeError `invalid` for a search that names no person, or two.
 */
async function findPerson(request: FastifyRequest, parameters: Parameters, deps: Deps): Promise<string> {
  const [named, another] = parameters.filter(([name]) => isPerson.test(name))
  if (named === undefined || another !== undefined)
    throw new OutcomeError('invalid', 'Name one person: patient=… with the id of their Patient')
  const [name, value] = named
  if (name.endsWith('.identifier')) return (await findByIdentifier(request, value, deps)) ?? ''
  return localOf(value, deps.baseUrl()).replace(/^Patient\//, '')
}

const isPerson = /^(patient|subject)(:Patient)?(\.identifier)?$/
