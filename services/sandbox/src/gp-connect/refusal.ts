import { systems } from '@chesil/fhir'
import spineCodes from './spine-codes.json' with { type: 'json' }

export type SpineCode = keyof typeof spineCodes

/** Why a practice does not answer. */
export interface Refusal {
  readonly code: SpineCode
  /** What in the request is at fault. */
  readonly diagnostics?: string
}

export const refuse = (code: SpineCode, diagnostics?: string): Refusal =>
  diagnostics === undefined ? { code } : { code, diagnostics }

/** @see https://developer.nhs.uk/apis/gpconnect-1-6-2/development_fhir_error_handling_guidance.html */
export function refusalToOutcome({ code, diagnostics }: Refusal): { status: number; body: object } {
  const { status, issue, display } = spineCodes[code]
  return {
    status,
    body: operationOutcome({ code, issue, display, ...(diagnostics !== undefined && { diagnostics }) })
  }
}

/** An error as GP Connect writes it, also with a code that is none of ours. */
export function operationOutcome({
  code,
  issue,
  display = code,
  diagnostics
}: {
  readonly code: string
  readonly issue: string
  readonly display?: string
  readonly diagnostics?: string
}): object {
  return {
    resourceType: 'OperationOutcome',
    meta: { profile: ['https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-OperationOutcome-1'] },
    issue: [
      {
        severity: 'error',
        code: issue,
        details: { coding: [{ system: systems.spineErrorStu3, code, display }] },
        ...(diagnostics !== undefined && { diagnostics })
      }
    ]
  }
}
