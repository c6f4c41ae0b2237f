import { OutcomeError } from '@chesil/fhir'

/** Of the system; and of PostgreSQL: it is shutting down or starting, has no connection left, or one was broken off. */
const codes = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|57P0[123]|53300|08[0-9A-Z]{3})$/
/** Of its client, which gives these no code. */
const words =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/

/** Whether an error says that PostgreSQL cannot be reached just now: the same may go well in a moment. */
export function isStoreAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { readonly code?: unknown }
  return (typeof code === 'string' && codes.test(code)) || words.test(error.message)
}

export const storeAway = (cause: unknown): OutcomeError =>
  new OutcomeError('unavailable', 'The store cannot be reached just now: try again', { cause })
