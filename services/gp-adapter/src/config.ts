import { defaultQueuePrefix, type Environment, loadConfig } from '@chesil/service-kit'
import Type from 'typebox'

export const Config = Type.Object({
  DATABASE_URL: Type.String({ minLength: 1, description: 'PostgreSQL, with migrations applied' }),
  DATABASE_CONNECTIONS: Type.Integer({ default: 10, minimum: 3, description: 'At most so many connections' }),
  REDIS_URL: Type.String({ minLength: 1, description: 'Redis with maxmemory-policy noeviction' }),
  QUEUE_PREFIX: Type.String({
    default: defaultQueuePrefix,
    description: 'Before every key; a hash tag keeps a cluster happy'
  }),
  SOURCES_FILE: Type.String({ minLength: 1, description: 'The source catalogue, JSON' }),
  CONSUMER_ISSUER: Type.String({
    pattern: '^https?://.+',
    description: 'Chesil’s own address, as `iss` of the token that practices are shown'
  }),
  DEVICE_SYSTEM: Type.String({
    default: 'https://chesil.example/Id/device',
    description: 'Names what DEVICE_ID is'
  }),
  DEVICE_ID: Type.String({ default: 'chesil', description: 'This deployment, as practices are told' }),
  MAP_CONCURRENCY: Type.Integer({ default: 2, minimum: 1, description: 'Messages mapped at once' }),
  LEASE_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    description: 'How long a worker may hold a message'
  }),
  OPS_HOST: Type.String({ default: '127.0.0.1', description: 'Where health and metrics are served' }),
  OPS_PORT: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: '0: any free port' }),
  LOG_LEVEL: Type.Enum(['debug', 'info', 'warn', 'error'], {
    default: 'info',
    description: 'Least level that is logged'
  })
})

export const readConfig = (env: Environment) => loadConfig(Config, env)
