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
  APPLY_CONCURRENCY: Type.Integer({ default: 4, minimum: 1, description: 'Contributions applied at once' }),
  LEASE_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    description: 'How long a worker may hold a row'
  }),
  SWEEP_INTERVAL_MS: Type.Integer({ default: 5_000, minimum: 100, description: 'Between two sweeps' }),
  OVERDUE_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    description: 'A row that waits longer is announced again'
  }),
  OPS_HOST: Type.String({ default: '127.0.0.1', description: 'Where health and metrics are served' }),
  OPS_PORT: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: '0: any free port' }),
  LOG_LEVEL: Type.Enum(['debug', 'info', 'warn', 'error'], {
    default: 'info',
    description: 'Least level that is logged'
  })
})

export const readConfig = (env: Environment) => loadConfig(Config, env)
