import {
  type Bundle,
  type BundleEntry,
  findNhsNumber,
  type NhsNumber,
  type OperationOutcome,
  OutcomeError,
  type Patient,
  systems
} from '@chesil/fhir'
import type { Answer } from '../outbound/outbound.ts'

/** How far PDS lets a person's details be seen. */
export type Confidentiality = 'unrestricted' | 'restricted' | 'very-restricted' | 'redacted'

export type TraceOutcome =
  | {
      readonly outcome: 'found'
      readonly patient: Patient
      /** The number in force; not the one asked for where that was superseded. */
      readonly nhsNumber: NhsNumber
      readonly confidentiality: Confidentiality
    }
  | { readonly outcome: 'not-found' }
  /** The number belongs to nobody any more, and nobody else may be guessed in its place. */
  | { readonly outcome: 'invalidated' }

export interface Match {
  readonly patient: Patient
  readonly nhsNumber: NhsNumber
  /** From 0 to 1. */
  readonly score: number
  readonly confidentiality: Confidentiality
}

export type SearchOutcome =
  | { readonly outcome: 'matches'; readonly matches: readonly Match[] }
  | { readonly outcome: 'too-many' }

/** @throws OutcomeError `throttled`, `upstreamTimeout` or `upstreamUnavailable`. */
export function answerToTrace(answer: Answer): TraceOutcome {
  if (answer.status === 200) return { outcome: 'found', ...readPatient(parse(answer)) }
  const code = findSpineCode(parse(answer))
  // A 404 that does not say so in PDS's words is somebody else's, such as a proxy's.
  if (answer.status === 404 && code === 'RESOURCE_NOT_FOUND') return { outcome: 'not-found' }
  if (answer.status === 404 && code === 'INVALIDATED_RESOURCE') return { outcome: 'invalidated' }
  throw toFailure(answer, code)
}

/** @throws OutcomeError as above, and `invalid` when PDS cannot search by these details. */
export function answerToMatches(answer: Answer): SearchOutcome {
  const resource = parse(answer)
  const code = findSpineCode(resource)
  if (answer.status === 200 && code === 'TOO_MANY_MATCHES') return { outcome: 'too-many' }
  if (answer.status === 200) return readMatches(resource)
  if (answer.status === 400 && searchFaults.includes(code ?? '')) {
    throw new OutcomeError('invalid', 'The Personal Demographics Service cannot search by these details')
  }
  throw toFailure(answer, code)
}

const searchFaults = ['INVALID_SEARCH_DATA', 'INVALID_VALUE', 'MISSING_VALUE', 'TOO_FEW_VALUES_SUBMITTED']

function readMatches(resource: unknown): SearchOutcome {
  const bundle = resource as Bundle | null | undefined
  if (bundle?.resourceType !== 'Bundle') throw notUnderstood()
  const entries: unknown = bundle.entry ?? []
  if (!Array.isArray(entries)) throw notUnderstood()
  return { outcome: 'matches', matches: entries.map(readMatch) }
}

function readMatch(entry: BundleEntry | null): Match {
  const score: unknown = entry?.search?.score
  if (typeof score !== 'number' || score < 0 || score > 1) throw notUnderstood()
  return { ...readPatient(entry?.resource), score }
}

/** Takes nothing on trust: what this says decides whose record is shown, and whether it may be. */
function readPatient(resource: unknown) {
  const patient = resource as Patient | null | undefined
  if (patient?.resourceType !== 'Patient' || typeof patient.id !== 'string') throw notUnderstood()
  const nhsNumber = findNhsNumber(patient.id)
  if (nhsNumber !== patient.id || !isIdentifiedBy(patient, nhsNumber)) throw notUnderstood()
  return { patient, nhsNumber, confidentiality: confidentialityOf(patient) }
}

/** Where a Patient carries NHS numbers, its id has to be one of them. */
function isIdentifiedBy({ identifier = [] }: Patient, nhsNumber: NhsNumber): boolean {
  if (!Array.isArray(identifier)) return false
  const numbers = identifier.filter((each) => each?.system === systems.nhsNumber).map(({ value }) => value)
  return numbers.length === 0 || numbers.includes(nhsNumber)
}

/** From the most open to the most closed. @see https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir */
const confidentialities: readonly Confidentiality[] = [
  'unrestricted',
  'restricted',
  'very-restricted',
  'redacted'
]

const confidentialityCodes: ReadonlyMap<string, Confidentiality> = new Map([
  ['U', 'unrestricted'],
  ['R', 'restricted'],
  ['V', 'very-restricted'],
  ['REDACTED', 'redacted']
])

/** The most closed of those it names. Fails closed: none, or one we do not know, is `very-restricted`. */
export function confidentialityOf({ meta }: Patient): Confidentiality {
  const labels: unknown = meta?.security
  if (!Array.isArray(labels)) return 'very-restricted'
  const named = labels
    .filter((label) => label?.system === systems.confidentiality)
    .map((label) => confidentialityCodes.get(label.code) ?? 'very-restricted')
  return confidentialities.findLast((each) => named.includes(each)) ?? 'very-restricted'
}

/** @returns `undefined` for what is not JSON, which no reader below takes for a resource. */
function parse({ body }: Answer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

/** @returns the first Spine code of an OperationOutcome; `undefined` for anything else. */
function findSpineCode(resource: unknown): string | undefined {
  const outcome = resource as OperationOutcome | null | undefined
  if (outcome?.resourceType !== 'OperationOutcome') return undefined
  const issues: unknown = outcome.issue
  const codings = Array.isArray(issues) ? issues.flatMap((issue) => issue?.details?.coding ?? []) : []
  const code: unknown = codings.find((coding) => coding?.system === systems.spineErrorR4)?.code
  return typeof code === 'string' ? code : undefined
}

function toFailure({ status }: Answer, code: string | undefined): OutcomeError {
  if (status === 429) {
    return new OutcomeError('throttled', 'The Personal Demographics Service is taking no more requests')
  }
  if (status === 408 || status === 504 || code === 'UNABLE_TO_CALL_SERVICE') {
    return new OutcomeError('upstreamTimeout', 'The Personal Demographics Service did not answer in time')
  }
  return new OutcomeError(
    'upstreamUnavailable',
    `The Personal Demographics Service refused or failed (${status})`
  )
}

const notUnderstood = (): OutcomeError =>
  new OutcomeError(
    'upstreamUnavailable',
    'The Personal Demographics Service gave an answer that cannot be trusted'
  )
