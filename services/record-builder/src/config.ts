import { odsCodePattern } from '@chesil/fhir'
import {
  databaseSettings,
  type Environment,
  loadConfig,
  operationsSettings,
  pdsSettings,
  queueSettings
} from '@chesil/service-kit'
import Type from 'typebox'

export const Config = Type.Object({
  ...databaseSettings(10),
  ...queueSettings,
  APPLY_CONCURRENCY: Type.Integer({ default: 8, minimum: 1, description: 'Contributions applied at once' }),
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
  ...pdsSettings,
  PDS_ORGANISATION: Type.String({
    pattern: odsCodePattern,
    description: 'ODS code of who runs this record: PDS is told who asks, where no reader does'
  }),
  TRACES_PER_SECOND: Type.Number({
    default: 2,
    minimum: 0.1,
    description: 'NHS numbers that messages named, traced with PDS; part of what it allows us'
  }),
  ...operationsSettings
})

export const readConfig = (env: Environment) => loadConfig(Config, env)
