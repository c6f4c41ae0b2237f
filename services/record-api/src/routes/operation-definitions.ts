import {
  chesil,
  type OperationDefinition,
  type OperationDefinitionParameter,
  OutcomeError
} from '@chesil/fhir'
import { sendError } from '@chesil/service-kit'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyError, RouteOptions } from 'fastify'
import Type from 'typebox'

/** Operations that FHIR itself defines, with our parameters of them beside. */
const ofFhir: Readonly<Record<string, string>> = {
  everything: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  match: 'http://hl7.org/fhir/OperationDefinition/Patient-match',
  summary: 'http://hl7.org/fhir/uv/ips/OperationDefinition/summary'
}

/** What the CapabilityStatement names: FHIR's own definition, or ours. */
export const definitionOf = (name: string): string => ofFhir[name] ?? chesil.operation(name)

/** `GET OperationDefinition/{name}`: each operation as its route describes it. About nobody, and without a token. */
export function operationDefinitionRoutes(routes: readonly RouteOptions[]): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/OperationDefinition/:name',
      {
        schema: {
          operationId: 'readOperation',
          summary: 'What one operation does and takes',
          description: 'Those that `/metadata` names. Needs no token.',
          tags: ['Server'],
          security: [],
          params: Type.Object({
            name: Type.String({ description: 'Without its `$`', examples: ['everything'] })
          })
        }
      },
      async (request, reply) => {
        const route = operationsOf(routes).get(request.params.name)
        if (!route) return sendError(unknownOperation, request, reply)
        return reply
          .type('application/fhir+json; charset=utf-8')
          .header('Cache-Control', 'public, max-age=3600')
          .send(toDefinition(request.params.name, route))
      }
    )
  }
}

const unknownOperation = new OutcomeError('notFound', 'No such operation') as Error as FastifyError

/** Every route that ends in `$name`, by name. */
export function operationsOf(routes: readonly RouteOptions[]): ReadonlyMap<string, RouteOptions> {
  const operations = routes.flatMap((route) => {
    const name = route.method === 'HEAD' ? undefined : /\/\$([a-z-]+)$/.exec(route.url)?.[1]
    return name === undefined ? [] : [[name, route] as const]
  })
  return new Map(operations.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function toDefinition(name: string, { url, method, schema }: RouteOptions): OperationDefinition {
  const isOfOne = url.includes('/:id/')
  const base = ofFhir[name]
  return {
    resourceType: 'OperationDefinition',
    id: name,
    url: chesil.operation(name),
    name: `Patient${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    title: schema?.summary ?? name,
    status: 'active',
    kind: 'operation',
    affectsState: method === 'POST' && name !== 'match',
    description: schema?.description ?? schema?.summary ?? name,
    code: name,
    ...(base !== undefined && { base }),
    resource: ['Patient'],
    system: false,
    type: !isOfOne,
    instance: isOfOne,
    parameter: [...(name === 'match' ? matchParameters : parametersOf(schema?.querystring)), answer]
  }
}

/** Of the schema that checks the query. */
function parametersOf(querystring: unknown): readonly OperationDefinitionParameter[] {
  const { properties = {} } = (querystring ?? {}) as { properties?: Record<string, { description?: string }> }
  return Object.entries(properties).map(([name, { description }]) => ({
    name,
    use: 'in',
    min: 0,
    max: '1',
    ...(description !== undefined && { documentation: description }),
    type: 'string'
  }))
}

const matchParameters: readonly OperationDefinitionParameter[] = [
  { name: 'resource', use: 'in', min: 1, max: '1', type: 'Patient' },
  { name: 'onlyCertainMatches', use: 'in', min: 0, max: '1', type: 'boolean' },
  { name: 'count', use: 'in', min: 0, max: '1', type: 'integer' }
]

const answer: OperationDefinitionParameter = { name: 'return', use: 'out', min: 1, max: '1', type: 'Any' }
