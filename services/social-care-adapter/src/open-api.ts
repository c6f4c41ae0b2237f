import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'

const description = `\
What councils and hospitals send to Chesil, a shared care record: Client Level Data, notices about a discharge, filled-in forms.

**Access.** Each request needs a bearer token of a system with the scope \`system/MessageHeader.c\` and the claim \`organisation\`, the ODS
code for which it speaks. Nobody sends for another, nor reads what became of another's file.

**202 says that all of it is kept.** Until then nothing is. The same again is known, and changes nothing.

Every error is an OperationOutcome that says what to do, and repeats nothing of what was sent.`

/** What `openapi/social-care-adapter.json` says of the service as a whole; the rest comes from the routes. */
export const openApi: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Chesil social care',
      version: '0.1.0',
      description,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' }
    },
    servers: [{ url: '/', description: 'The host where the social-care adapter is deployed' }],
    security: [{ system: [] }],
    components: { securitySchemes: { system: { type: 'http', scheme: 'bearer' } } }
  }
}
