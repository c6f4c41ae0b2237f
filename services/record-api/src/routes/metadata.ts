import { listedTypes, searchParametersOf } from '@chesil/care-record'
import type {
  CapabilityStatement,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceSearchParam
} from '@chesil/fhir'
import { ukCoreProfile } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { RouteOptions } from 'fastify'
import type { Deps } from '../deps.ts'
import { definitionOf, operationsOf } from './operation-definitions.ts'

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
  const operations = [...operationsOf(routes).keys()]
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
        ],
        interaction: [{ code: 'batch', documentation: 'Of at most 50 reads and searches' }]
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

function resourceOf(type: string, operations: readonly string[]): CapabilityStatementRestResource {
  const interactions = ['read', 'vread', 'history-instance', 'search-type'] as const
  return {
    type: type as CapabilityStatementRestResource['type'],
    supportedProfile: [ukCoreProfile(type)],
    interaction: interactions.map((code) => ({ code })),
    versioning: 'versioned',
    searchParam: searchParameters(type),
    ...(type !== 'Patient' && {
      searchInclude: ['*', ...references(type)],
      searchRevInclude: ['Provenance:target']
    }),
    ...(operations.length > 0 && {
      operation: operations.map((name) => ({
        name,
        definition: definitionOf(name)
      }))
    })
  }
}

const references = (type: string): string[] =>
  [...searchParametersOf(type).values()]
    .filter(({ kind }) => kind === 'reference')
    .map(({ name }) => `${type}:${name}`)

const target = { name: 'target', type: 'reference', documentation: 'The item that it is about' } as const

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
  const known = [...searchParametersOf(type).values()]
  return [
    { name: 'patient', type: 'reference', documentation: 'Whose record is searched; needed' },
    { name: '_id', type: 'token' },
    ...(type === 'Provenance' ? [target] : []),
    ...known.map(({ name, kind }) => ({ name, type: kind }))
  ]
}
