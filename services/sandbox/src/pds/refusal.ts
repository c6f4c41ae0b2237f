import { systems } from '@chesil/fhir'
import pdsCodes from './pds-codes.json' with { type: 'json' }

export type PdsCode = keyof typeof pdsCodes

/** Why PDS does not answer. */
export interface PdsRefusal {
  readonly code: PdsCode
  readonly diagnostics?: string
  /** In place of the code's own. */
  readonly status?: number
}

/** @see https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir */
export function pdsOutcome({ code, diagnostics, status }: PdsRefusal): { status: number; body: object } {
  const known = pdsCodes[code]
  return {
    status: status ?? known.status,
    body: {
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code: known.issue,
          details: { coding: [{ system: systems.spineErrorR4, version: '1', code, display: known.display }] },
          ...(diagnostics !== undefined && { diagnostics })
        }
      ]
    }
  }
}

/** Not an error: so many people fit that PDS shows none. */
export const tooManyMatches = {
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'information',
      code: 'multiple-matches',
      details: {
        coding: [
          {
            system: systems.spineErrorR4,
            version: '1',
            code: 'TOO_MANY_MATCHES',
            display: 'Too Many Matches'
          }
        ]
      }
    }
  ]
}
