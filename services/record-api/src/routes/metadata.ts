import { listedTypes, parametersByType, supported } from '@chesil/care-record'
import type {
  CapabilityStatement,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceSearchParam
} from '@chesil/fhir'
import { chesil, ukCoreProfile } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { RouteOptions } from 'fastify'
import type { Deps } from '../deps.ts'

/**
 * `GET metadata`: what this server can do, read off the routes it has and the search parameters it knows. The
 * one answer that needs no token: it is about nobody.
 */
export function metadataRoutes(
  deps: Pick<Deps, 'baseUrl' | 'now'>,
  routes: readonly RouteOptions[]
): FastifyPluginAsyncTypebox {
  const startedAt = new Date(deps.now()).toISOString()
  return async (app) => {
    app.get(
      '/metadata',
      {
        schema: {
          operationId: 'readCapabilities',
          summary: 'What this server can do',
          description: 'Types of resource, search parameters of each, and operations. Needs no token.',
          tags: ['Server'],
          security: []
        }
      },
      async (_request, reply) =>
        reply
          .type('application/fhir+json; charset=utf-8')
          .header('Cache-Control', 'public, max-age=3600')
          .send(capabilities(routes, deps.baseUrl(), startedAt))
    )
  }
}

function capabilities(routes: readonly RouteOptions[], baseUrl: string, date: string): CapabilityStatement {
  const operations = operationsOf(routes)
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date,
    kind: 'instance',
    software: { name: 'Chesil record-api' },
    implementation: { description: 'Chesil shared care record', url: baseUrl },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        security: {
          service: [
            {
              coding: [
                {
                  system: 'http://terminology.hl7.org/CodeSystem/restful-security-service',
                  code: 'SMART-on-FHIR'
                }
              ]
            }
          ],
          description: 'Bearer tokens of the care identity service, with SMART scopes user/{type}.rs'
        },
        resource: [
          ...listedTypes.map((type) => resourceOf(type, type === 'Patient' ? operations : [])),
          files
        ]
      }
    ]
  }
}

/** UK Core has no profile of it, and no search finds it. */
const files: CapabilityStatementRestResource = {
  type: 'Binary',
  interaction: [{ code: 'read' }],
  documentation: 'A file that a DocumentReference or a DiagnosticReport names; ranges of bytes are served'
}

/** Every `Patient/:id/$name` there is. */
function operationsOf(routes: readonly RouteOptions[]): readonly string[] {
  const names = routes.flatMap(({ url, method }) =>
    method === 'HEAD' ? [] : (/\/\$([a-z-]+)$/.exec(url)?.[1] ?? [])
  )
  return [...new Set(names)].sort()
}

function resourceOf(type: string, operations: readonly string[]): CapabilityStatementRestResource {
  const interactions = ['read', 'history-instance', 'search-type'] as const
  return {
    type: type as CapabilityStatementRestResource['type'],
    supportedProfile: [ukCoreProfile(type)],
    interaction: interactions.map((code) => ({ code })),
    versioning: 'versioned',
    searchParam: searchParameters(type),
    ...(operations.length > 0 && {
      operation: operations.map((name) => ({
        name,
        definition:
          name === 'everything'
            ? 'http://hl7.org/fhir/OperationDefinition/Patient-everything'
            : chesil.operation(name)
      }))
    })
  }
}

function searchParameters(type: string): CapabilityStatementRestResourceSearchParam[] {
  if (type === 'Patient') {
    return [
      { name: 'identifier', type: 'token', documentation: 'NHS number' },
      { name: '_id', type: 'token' },
      { name: 'family', type: 'string', documentation: 'With birthdate' },
      { name: 'birthdate', type: 'date', documentation: 'With family' },
      { name: 'given', type: 'string' },
      { name: 'gender', type: 'token' },
      { name: 'address-postalcode', type: 'string' }
    ]
  }
  const known = parametersByType.get(type)
  return [
    { name: 'patient', type: 'reference', documentation: 'Whose record is searched; needed' },
    ...supported(type).map((name) => ({
      name,
      type: name === '_lastUpdated' || (known && name in known.date) ? ('date' as const) : ('token' as const)
    }))
  ]
}
