/**
 * Classes of SQLSTATE by which the server says that it, and no value, is at fault: connection, authorisation, a
 * transaction's state (of a server that only reads), resources, an operator, its system.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const serverStates = /^(?:08|25|28|3D|53|57|58|XX)...$/
/** How Node says that a connection is not there, e.g. `ECONNREFUSED`. */
const systemErrors = /^E[A-Z_]{3,}$/
/** What node-postgres says without a code. */
const driverMessages = /connect|terminated|timeout|not queryable|pool after calling end/i

/** Whether trying single messages of a batch is of no use: none of them would be kept just now. */
export function isAboutServer(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string')
    return serverStates.test(error.code) || systemErrors.test(error.code)
  return error instanceof AggregateError || driverMessages.test(error.message)
}
