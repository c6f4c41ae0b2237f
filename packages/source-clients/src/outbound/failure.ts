import { isOutcomeError, OutcomeError, type OutcomeKind } from '@chesil/fhir'

/** Why there is no answer: a low-cardinality word for audit and metrics, and the sentence that may be shown. */
const failures = {
  'timed-out': { kind: 'upstreamTimeout', message: 'The other end did not answer in time' },
  'address-refused': { kind: 'upstreamUnavailable', message: 'The address is not one that may be called' },
  unreachable: { kind: 'upstreamUnavailable', message: 'The other end could not be reached' },
  'too-large': { kind: 'upstreamUnavailable', message: 'The answer is larger than agreed' },
  'unreadable-encoding': { kind: 'upstreamUnavailable', message: 'The answer could not be decompressed' }
} as const satisfies Record<string, { kind: OutcomeKind; message: string }>

export type ExchangeFailure = keyof typeof failures

/**
 * @param detail e.g. `ECONNREFUSED`.
 * @returns an error whose cause holds the word and nothing else: the errors below us carry URLs.
 */
export function failExchange(failure: ExchangeFailure, detail?: string): OutcomeError {
  const { kind, message } = failures[failure]
  const text = detail === undefined ? message : `${message} (${detail})`
  return new OutcomeError(kind, text, { cause: { failure } })
}

/** @returns `undefined` when the error is not that of an exchange. */
export function findExchangeFailure(error: unknown): ExchangeFailure | undefined {
  if (!isOutcomeError(error) || typeof error.cause !== 'object' || error.cause === null) return undefined
  const failure = 'failure' in error.cause ? error.cause.failure : undefined
  return typeof failure === 'string' && Object.hasOwn(failures, failure)
    ? (failure as ExchangeFailure)
    : undefined
}

/** Codes of Node, OpenSSL and undici: never a value of ours. */
const codePattern = /^[A-Z][A-Z0-9_]{1,60}$/
const timeoutCodes = [
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT'
]

/** Any error of a connection, without what it may quote. */
export function toExchangeFailure(error: unknown): OutcomeError {
  if (isOutcomeError(error)) return error
  const code = findCode(error)
  if (code !== undefined && timeoutCodes.includes(code)) return failExchange('timed-out', code)
  return failExchange('unreachable', code)
}

function findCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && codePattern.test(code) ? code : undefined
}
