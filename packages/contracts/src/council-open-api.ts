import { CouncilAnswer, CouncilQuestion } from './council-api.ts'

const description = `\
What Chesil, a shared care record, asks a council about one person at a time: services, contacts, key worker, reviews that are due,
risks and warnings. A council that offers this is a source of kind \`council-api\` in the catalogue.

**Access.** OAuth 2 client credentials. The client proves itself by a signed assertion (\`private_key_jwt\`, RFC 7523), of which the
council has the public key.

**No address holds an NHS number**: it is posted.

**Changes.** Who has had a whole answer asks with \`since\`: an instant at which that answer was already asked for, ten minutes less,
since two clocks differ. What is answered twice does no harm. From time to time everything is asked for again.`

const json = (schema: object) => ({ 'application/json': { schema } })

/** @param version Of this release. @returns the OpenAPI document of the council API, as `openapi/council-api.json` holds it. */
export const councilOpenApi = (version: string): object => ({
  openapi: '3.1.0',
  info: {
    title: 'Chesil council API',
    version,
    description,
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' }
  },
  servers: [
    { url: 'https://council.example/chesil', description: '`endpoint.baseUrl` of the catalogue entry' }
  ],
  security: [{ client: [] }],
  paths: {
    '/people/search': {
      post: {
        operationId: 'findPerson',
        summary: 'What the council says of one person',
        description: 'Somebody whom the council does not know is an answer, too.',
        requestBody: { required: true, content: json({ $ref: '#/components/schemas/Question' }) },
        responses: {
          200: {
            description: 'What there is of the person, or that nobody is known by that number.',
            content: json({ $ref: '#/components/schemas/Answer' })
          },
          400: { description: 'The question cannot be read.' },
          401: { description: 'The token is none, or has expired: another is fetched, once.' },
          403: { description: 'This client may not ask about this person.' },
          429: {
            description: 'Too many questions: nothing is asked until `Retry-After`, two minutes at most.'
          },
          503: { description: 'Away: as with 429.' }
        }
      }
    }
  },
  components: {
    securitySchemes: {
      client: {
        type: 'oauth2',
        flows: {
          clientCredentials: {
            tokenUrl: 'https://council.example/oauth2/token',
            scopes: {}
          }
        }
      }
    },
    schemas: { Question: CouncilQuestion, Answer: CouncilAnswer }
  }
})
