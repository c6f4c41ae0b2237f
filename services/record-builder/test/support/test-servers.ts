// Types of what the run of tests provides: see tests/support/databases.ts.
import type {} from '../../../../tests/support/global-setup.ts'

export {
  arrive,
  complete,
  createPerson,
  observation,
  shownTexts,
  snapshot
} from '../../../../tests/support/contributions.ts'
export { type PrivateServer, startRedis } from '../../../../tests/support/databases.ts'
export { useDatabase } from '../../../../tests/support/store.ts'
