import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { answerOf, headerParameters, responsesOf, sharedResponses } from './open-api/answers.ts'
import components from './open-api/components.json' with { type: 'json' }

const description = `\
One shared care record as FHIR R4 (UK Core), in JSON. All paths are relative to the deployment's FHIR base.

**Absence is never silence.** Every answer about a person says, source by source, what is missing from it: a Bundle in its
last entry (\`search.mode\` is \`outcome\`), a single resource in the headers \`Chesil-Completeness\` and \`Link\`. A viewer must
show every issue of severity \`warning\`.

**Access.** Each request needs a bearer token. What it shows depends on the user's role, the purpose of use and the scopes.
Whatever is asked about a person is audited before it is answered, refusals too.

**Freshness.** A read answers from what is stored and asks stale sources in the background; \`Prefer: wait=5\` waits for them.

**Start** with \`GET /Patient?identifier=…\` (an NHS number), then read \`/Patient/{id}/$everything\`.

\`HEAD\` is answered, allowed and audited wherever \`GET\` is, without the body. Every error is an OperationOutcome.`

interface Operation {
  readonly operationId?: string
  parameters?: readonly { readonly in?: string }[]
  responses: object
}

/** What `openapi/record-api.json` says of the service as a whole; the rest comes from the routes. */
export const openApi: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Chesil record API',
      version: '0.1.0',
      description,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' }
    },
    servers: [{ url: '/fhir/R4', description: 'The FHIR base, on the host where it is deployed' }],
    tags: [
      { name: 'Person', description: 'Finding a person and reading their record' },
      { name: 'Resources', description: 'Single resources, and searches inside one record' },
      { name: 'Server', description: 'What the server itself can do' }
    ],
    security: [{ reader: [] }],
    components: {
      // Only the scheme is needed while paths are read off the routes: the rest is added after.
      securitySchemes: { reader: { type: 'http', scheme: 'bearer' } }
    }
  },
  transformObject: (document) => {
    if (!('openapiObject' in document)) throw new Error('Swagger 2 is not what we describe')
    const { openapiObject } = document
    for (const path of Object.values(openapiObject.paths ?? {})) {
      for (const operation of Object.values(path ?? {})) describe(operation as Operation)
    }
    const { openapi, info, servers, tags, security, paths } = openapiObject
    const all = { ...components, responses: sharedResponses }
    return { openapi, info, servers, tags, security, paths, components: all } as typeof openapiObject
  }
}

const places = ['path', 'query']

function describe(operation: Operation): void {
  const answer = answerOf(operation.operationId)
  const own = places.flatMap((place) => (operation.parameters ?? []).filter((one) => one.in === place))
  operation.parameters = [...own, ...headerParameters(answer)] as readonly { readonly in?: string }[]
  operation.responses = responsesOf(answer)
}
