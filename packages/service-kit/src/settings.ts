import { SecretReference } from '@chesil/contracts'
import Type from 'typebox'

const Url = (description: string) => Type.String({ pattern: '^https?://[^\\s]+$', description })

/** Settings that more than one service has, in the same words. */
export const databaseSettings = (connections: number) => ({
  DATABASE_URL: Type.String({ minLength: 1, description: 'PostgreSQL, with migrations applied' }),
  DATABASE_CONNECTIONS: Type.Integer({
    default: connections,
    minimum: 3,
    description: 'At most so many connections'
  })
})

export const queueSettings = {
  REDIS_URL: Type.String({ minLength: 1, description: 'Redis with maxmemory-policy noeviction' }),
  QUEUE_PREFIX: Type.String({
    default: '{chesil}', // keys of every queue share one slot of a Redis Cluster
    description: 'Before every key; a hash tag keeps a cluster happy'
  })
}

export const operationsSettings = {
  OPS_HOST: Type.String({ default: '127.0.0.1', description: 'Where health and metrics are served' }),
  OPS_PORT: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: '0: any free port' }),
  LOG_LEVEL: Type.Enum(['debug', 'info', 'warn', 'error'], {
    default: 'info',
    description: 'Least level that is logged'
  })
}

/** How PDS is asked. What it allows is shared by every process that asks. */
export const pdsSettings = {
  PDS_BASE_URL: Url('PDS FHIR API, without a trailing slash'),
  PDS_TOKEN_URL: Url('Where Chesil gets its token for PDS'),
  PDS_CLIENT_ID: Type.String({ minLength: 1, description: 'Chesil’s client id there' }),
  PDS_PRIVATE_KEY: SecretReference('Secret reference: private key (PEM) for the client assertion'),
  PDS_KEY_ID: Type.Optional(Type.String({ description: '`kid` of that key; default its thumbprint' })),
  PDS_KEY_ALGORITHM: Type.Enum(['RS384', 'ES384', 'RS512'], { default: 'ES384', description: 'Of that key' }),
  PDS_REQUESTS_PER_SECOND: Type.Number({ default: 5, minimum: 0.1, description: 'What PDS allows us' }),
  PDS_TIMEOUT_MS: Type.Integer({ default: 1_500, minimum: 100, description: 'For one trace' }),
  ALLOWED_ADDRESSES: Type.String({
    default: '',
    description: 'CIDR ranges, by commas, that PDS and the token issuer may be at besides public addresses'
  })
}
