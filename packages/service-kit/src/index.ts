export { createAdapterMetrics } from './adapter-metrics.ts'
export { type App, type AppOptions, createApp, sendError } from './app.ts'
export { readCatalogue } from './catalogue.ts'
export {
  type CheckedContribution,
  type ContributionRules,
  checkContribution
} from './check-contribution.ts'
export { type Environment, loadConfig, readSecret } from './config.ts'
export { loadJsonFile } from './json-file.ts'
export { createLogger, type Logger, loggableError } from './log.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { createOperations, type Operations } from './operations.ts'
export { type Closeable, closeOnExit, stopProcess } from './run.ts'
export { createSealing, type Sealing } from './sealing.ts'
export { readSensitiveCodes } from './sensitive-codes.ts'
export { databaseSettings, operationsSettings, pdsSettings, queueSettings } from './settings.ts'
export { isStoreAway, storeAway } from './store-away.ts'
export { createStraggler, type Straggler, type StragglerQuery } from './straggler.ts'
