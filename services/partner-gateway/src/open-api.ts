import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'

const description = `\
How partner systems send to Chesil, a shared care record, and learn what became of what they sent.

**Who sends.** Each request is signed as [Standard Webhooks](https://www.standardwebhooks.com) has it (\`webhook-id\`,
\`webhook-timestamp\`, \`webhook-signature\`: HMAC-SHA256 or ed25519 over \`{id}.{timestamp}.{body}\`), or brings a bearer token whose \`sub\` is the
partner's client and whose scope has \`system/MessageHeader.c\`. Reading is signed in the same way, over an empty body, and names the partner in
\`chesil-partner\`.

**202 says that the event is committed.** The receipt says what became of it. The same \`webhook-id\` again is the same event, and changes
nothing; with another body it is refused.

Every error is an RFC 9457 problem that says what to do, and repeats nothing of what was sent.`

/** What `openapi/partner-gateway.json` says of the service as a whole; the rest comes from the routes. */
export const openApi: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Chesil partner gateway',
      version: '0.1.0',
      description,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' }
    },
    servers: [{ url: '/', description: 'The host where the partner gateway is deployed' }],
    security: [{ signature: [] }, { token: [] }],
    components: {
      securitySchemes: {
        signature: { type: 'apiKey', in: 'header', name: 'webhook-signature' },
        token: { type: 'http', scheme: 'bearer' }
      }
    }
  }
}
