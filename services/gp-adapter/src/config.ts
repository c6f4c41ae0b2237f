import {
  databaseSettings,
  type Environment,
  loadConfig,
  operationsSettings,
  queueSettings
} from '@chesil/service-kit'
import Type from 'typebox'

export const Config = Type.Object({
  ...databaseSettings(10),
  ...queueSettings,
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
  ...operationsSettings
})

export const readConfig = (env: Environment) => loadConfig(Config, env)
