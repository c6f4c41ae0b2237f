// Types of what the run of tests provides: see tests/support/databases.ts.
import type {} from '../../../../tests/support/global-setup.ts'

export { createDatabase } from '../../../../tests/support/databases.ts'
export { useDatabase } from '../../../../tests/support/store.ts'
