import { type NhsNumber, systems } from '@chesil/fhir'
import type { ExchangeFailure } from '../outbound/failure.ts'
import type { Answer } from '../outbound/outbound.ts'
import spineCodes from './spine-codes.json' with { type: 'json' }

export type GpConnectOutcome =
  | {
      readonly outcome: 'answered'
      /** JSON text, decompressed. Not parsed: it may be megabytes, and the mapper parses it. */
      readonly body: Uint8Array
      /** As received, where it came as gzip. */
      readonly gzip?: Uint8Array
      readonly elapsedMs: number
    }
  /** 404 of any kind: unknown there, sensitive, deceased or no longer registered. The practice does not say which. */
  | { readonly outcome: 'not-disclosed' }
  | { readonly outcome: 'refused-by-consent' }
  | { readonly outcome: 'timed-out' }
  | { readonly outcome: 'breaker-open' }
  | GpConnectFailure

export interface GpConnectFailure {
  readonly outcome: 'failed'
  /** Absent where there was no answer. */
  readonly status?: number
  /** The Spine's word in capitals, or ours in lower case. Absent where the source gave none that we know. */
  readonly code?: string
}

/** Our own words for what went wrong: with the exchange, with the answer, or here. */
export type AnswerFault =
  | ExchangeFailure
  | 'redirect'
  | 'not-json'
  | 'truncated'
  | 'operation-outcome'
  | 'not-a-searchset'
  | 'not-a-council-answer'
  | 'ambiguous-patient'
  | 'wrong-patient'
  | 'busy'

export const fail = (code: AnswerFault, status?: number): GpConnectFailure => ({
  outcome: 'failed',
  ...(status !== undefined && { status }),
  code
})

/** Whether an answer is worth reading: a 200 that is whole and JSON, and not an error in disguise. */
export function judgeAnswer(answer: Answer, elapsedMs: number): GpConnectOutcome {
  if (answer.status !== 200) return judgeRefusal(answer)
  const { body, gzip, contentType = '' } = answer
  if (!jsonPattern.test(contentType) || firstByte(body) !== openBrace) return fail('not-json', 200)
  if (lastByte(body) !== closeBrace) return fail('truncated', 200)
  if (findOperationOutcome(body)) return fail('operation-outcome', 200)
  return { outcome: 'answered', body, elapsedMs, ...(gzip && { gzip }) }
}

function judgeRefusal({ status, body }: Answer): GpConnectOutcome {
  if (status === 404) return { outcome: 'not-disclosed' }
  if (status >= 300 && status < 400) return fail('redirect', status)
  const code = findSpineCode(body)
  if (status === 403 && code === 'NO_PATIENT_CONSENT') return { outcome: 'refused-by-consent' }
  return { outcome: 'failed', status, ...(code !== undefined && { code }) }
}

/** What is wrong with one person at a practice, not with the practice. */
const personFaults: readonly unknown[] = ['wrong-patient', 'ambiguous-patient'] satisfies AnswerFault[]

/**
 * Whether the source is unwell. It is well where it refuses us or this person: the breaker shuts out
 * everybody's requests, and one person's must not do that to the others.
 */
export function isUnwell(outcome: GpConnectOutcome): boolean {
  if (outcome.outcome === 'timed-out') return true
  if (outcome.outcome !== 'failed' || personFaults.includes(outcome.code)) return false
  const { status } = outcome
  return status === undefined || status < 400 || status >= 500 || status === 408 || status === 429
}

const jsonPattern = /^application\/(fhir\+json|json\+fhir|json)\s*(;|$)/i
const openBrace = 0x7b
const closeBrace = 0x7d
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const firstByte = (body: Uint8Array): number | undefined => body.find((byte) => !isSpace(byte))
const lastByte = (body: Uint8Array): number | undefined => body.findLast((byte) => !isSpace(byte))

/** An OperationOutcome is short. A larger answer is not parsed here: the mapper refuses what is no record. */
const maxOutcomeBytes = 65_536

function findOperationOutcome(body: Uint8Array): Record<string, unknown> | undefined {
  const resource = body.length <= maxOutcomeBytes ? findResource(body) : undefined
  return resource?.['resourceType'] === 'OperationOutcome' ? resource : undefined
}

function findResource(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const knownCodes: ReadonlySet<unknown> = new Set(spineCodes)

/** @returns a code that we know and nothing else: a source's own text may be about the patient. */
function findSpineCode(body: Uint8Array): string | undefined {
  const issues = findOperationOutcome(body)?.['issue']
  const codings = Array.isArray(issues) ? issues.flatMap((issue) => issue?.details?.coding ?? []) : []
  return codings.find((coding) => knownCodes.has(coding?.code))?.code
}

/** FHIR's, less the two that a URL would take for a step. @see https://hl7.org/fhir/STU3/datatypes.html#id */
const idPattern = /^(?!\.{1,2}$)[A-Za-z0-9\-.]{1,64}$/

/** @returns the practice's id of the one Patient in a searchset, or what to tell the reader instead. */
export function findPatientId(body: Uint8Array, nhsNumber: NhsNumber): { id: string } | GpConnectOutcome {
  const bundle = findResource(body)
  const entries = bundle?.['entry'] ?? []
  if (bundle?.['resourceType'] !== 'Bundle' || !Array.isArray(entries)) return fail('not-a-searchset', 200)
  const patients = entries.map((entry) => entry?.resource).filter((each) => each?.resourceType === 'Patient')
  const [patient, other] = patients
  if (!patient) return { outcome: 'not-disclosed' }
  if (other) return fail('ambiguous-patient', 200)
  if (!hasNumber(patient.identifier, nhsNumber)) return fail('wrong-patient', 200)
  const { id } = patient
  return typeof id === 'string' && idPattern.test(id) ? { id } : fail('not-a-searchset', 200)
}

/** Another person's NHS number beside the right one is as bad as the wrong one. */
function hasNumber(identifiers: unknown, nhsNumber: NhsNumber): boolean {
  if (!Array.isArray(identifiers)) return false
  const numbers = identifiers.filter((each) => each?.system === systems.nhsNumber).map((each) => each.value)
  return numbers.length > 0 && numbers.every((number) => number === nhsNumber)
}
