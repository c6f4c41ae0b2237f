import { eventCatalogue, topics } from '@chesil/care-record'
import type { CapabilityStatement } from '@chesil/fhir'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import Type from 'typebox'
import { gatewayBase, type SubscriptionRoutesDeps } from './deps.ts'
import { asFhir, fhirSchemas, sendFhir } from './fhir-answers.ts'
import { backport, topicUrl } from './notification.ts'
import { guardPartners } from './partner-scope.ts'

const tags = ['subscriptions']
const Catalogue = Type.Object({
  events: Type.Array(
    Type.Object({
      topic: Type.Enum([...topics]),
      canonical: Type.String({ format: 'uri', description: '`criteria` of a subscription' }),
      about: Type.String()
    })
  )
})

/** What can be subscribed to, and how: about nobody, and so for anybody. */
export const capabilityRoutes =
  (deps: SubscriptionRoutesDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    guardPartners(app, deps)
    const startedAt = new Date(deps.now()).toISOString()
    const schema = {
      summary: 'What can be done with subscriptions',
      tags,
      security: [],
      response: { 200: asFhir(fhirSchemas.capabilities, 'With the canonical of every topic') }
    }
    app.get('/fhir/metadata', { schema, config: { needs: 'public' } }, async (_request, reply) =>
      sendFhir(reply, capabilities(gatewayBase(deps), startedAt))
    )
    const listing = {
      summary: 'What partners can be told of',
      tags,
      security: [],
      response: { 200: Catalogue }
    }
    app.get('/event-catalogue', { schema: listing, config: { needs: 'public' } }, async () => ({
      events: [...eventCatalogue()]
    }))
  }

function capabilities(url: string, date: string): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date,
    kind: 'instance',
    software: { name: 'Chesil partner-gateway' },
    implementation: { description: 'Subscriptions to records', url },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    implementationGuide: [
      'http://hl7.org/fhir/uv/subscriptions-backport/ImplementationGuide/hl7.fhir.uv.subscriptions-backport|1.1.0'
    ],
    rest: [
      {
        mode: 'server',
        resource: [
          {
            extension: topics.map((topic) => ({
              url: backport.topicCanonical,
              valueCanonical: topicUrl(topic)
            })),
            type: 'Subscription',
            supportedProfile: [backport.subscriptionProfile],
            interaction: (['create', 'read', 'update', 'delete', 'search-type'] as const).map((code) => ({
              code
            })),
            searchParam: [
              { name: 'status', type: 'token' },
              { name: 'url', type: 'uri' },
              { name: 'criteria', type: 'string' }
            ],
            operation: [
              { name: 'status', definition: backport.statusOperation },
              { name: 'events', definition: backport.eventsOperation }
            ]
          }
        ]
      }
    ]
  }
}
