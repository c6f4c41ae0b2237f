import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'

/** What `openapi/record-api.json` says of the service as a whole; the rest comes from the routes. */
export const openApi: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Chesil record API',
      version: '0.1.0',
      description:
        'One shared care record as FHIR R4 (UK Core). Every answer about a person says what is missing from it: see docs/completeness.md.'
    },
    servers: [{ url: '/', description: 'Where it is deployed' }],
    tags: [
      { name: 'Person', description: 'Finding a person and reading their record' },
      { name: 'Resources', description: 'Single resources and searches inside one record' },
      { name: 'Server' }
    ],
    components: {
      securitySchemes: {
        reader: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token with SMART scopes'
        }
      }
    },
    security: [{ reader: [] }]
  }
}
