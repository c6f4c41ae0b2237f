import type { OperationOutcome } from '@chesil/fhir'

type IssueCode = OperationOutcome['issue'][number]['code']

const issueByStatus: ReadonlyMap<number, IssueCode> = new Map([
  [400, 'invalid'],
  [401, 'login'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [405, 'not-supported'],
  [429, 'throttled'],
  [503, 'transient']
])

/** @returns what goes with an HTTP status. */
export const outcomeFor = (status: number, diagnostics?: string): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'error',
      code: issueByStatus.get(status) ?? 'exception',
      ...(diagnostics !== undefined && { diagnostics })
    }
  ]
})
