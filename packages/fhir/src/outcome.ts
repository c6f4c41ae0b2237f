import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes'

/**
 * Every way a request or a job can fail, with the three facts each consumer needs:
 * the HTTP status, the FHIR issue code, and whether trying again can help.
 *
 * @see https://hl7.org/fhir/R4/valueset-issue-type.html
 */
export const outcomes = {
  invalid: { status: 400, issue: 'invalid', retryable: false },
  unauthenticated: { status: 401, issue: 'login', retryable: false },
  forbidden: { status: 403, issue: 'forbidden', retryable: false },
  notFound: { status: 404, issue: 'not-found', retryable: false },
  notAcceptable: { status: 406, issue: 'not-supported', retryable: false },
  conflict: { status: 409, issue: 'conflict', retryable: true },
  gone: { status: 410, issue: 'deleted', retryable: false },
  preconditionFailed: { status: 412, issue: 'conflict', retryable: false },
  tooLarge: { status: 413, issue: 'too-long', retryable: false },
  unsupportedMediaType: { status: 415, issue: 'not-supported', retryable: false },
  rangeNotSatisfiable: { status: 416, issue: 'invalid', retryable: false },
  unmappable: { status: 422, issue: 'processing', retryable: false },
  throttled: { status: 429, issue: 'throttled', retryable: true },
  headersTooLarge: { status: 431, issue: 'too-long', retryable: false },
  upstreamUnavailable: { status: 502, issue: 'transient', retryable: true },
  unavailable: { status: 503, issue: 'transient', retryable: true },
  upstreamTimeout: { status: 504, issue: 'timeout', retryable: true }
} as const satisfies Record<
  string,
  { status: number; issue: OperationOutcomeIssue['code']; retryable: boolean }
>

export type OutcomeKind = keyof typeof outcomes

/** A failure we foresaw. Anything else that is thrown is a defect and answers 500. */
export class OutcomeError extends Error {
  override readonly name = 'OutcomeError'
  readonly kind: OutcomeKind
  /** FHIRPath of the element at fault, e.g. `Patient.identifier`. */
  readonly expression: string | undefined

  /** @param message Safe to show the caller and to keep in Redis: never patient data. */
  constructor(kind: OutcomeKind, message: string, options: { expression?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.kind = kind
    this.expression = options.expression
  }
}

export function isOutcomeError(error: unknown): error is OutcomeError {
  return error instanceof OutcomeError
}

/** Anything that is not an `OutcomeError` becomes a 500 that says nothing of its cause. */
export function toOperationOutcome(error: unknown): { status: number; body: OperationOutcome } {
  if (!isOutcomeError(error)) {
    const issue: OperationOutcomeIssue = {
      severity: 'fatal',
      code: 'exception',
      diagnostics: 'Unexpected error'
    }
    return { status: 500, body: { resourceType: 'OperationOutcome', issue: [issue] } }
  }
  const { status, issue } = outcomes[error.kind]
  return {
    status,
    body: {
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code: issue,
          diagnostics: error.message,
          ...(error.expression && { expression: [error.expression] })
        }
      ]
    }
  }
}
