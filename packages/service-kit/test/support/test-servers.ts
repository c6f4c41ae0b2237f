// Types of what the run of tests provides: see tests/support/databases.ts.
import type {} from '../../../../tests/support/global-setup.ts'

export { type PrivateServer, startRedis } from '../../../../tests/support/databases.ts'
export { createFaultProxy, type FaultProxy } from '../../../../tests/support/fault-proxy.ts'
