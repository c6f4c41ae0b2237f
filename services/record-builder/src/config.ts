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
  ...operationsSettings
})

export const readConfig = (env: Environment) => loadConfig(Config, env)
