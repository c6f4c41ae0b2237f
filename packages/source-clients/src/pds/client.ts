import type { NhsNumber, OdsCode } from '@chesil/fhir'
import { endWith } from '../outbound/end-with.ts'
import type { Answer, Outbound } from '../outbound/outbound.ts'
import { createRateLimit } from '../rate-limit.ts'
import { answerToMatches, answerToTrace, type SearchOutcome, type TraceOutcome } from './answer.ts'

export interface PdsClientOptions {
  /** e.g. `https://api.service.nhs.uk/personal-demographics/FHIR/R4`; no trailing slash. */
  readonly baseUrl: string
  readonly outbound: Outbound
  /** For the whole of it: the token, waiting for a turn, the exchange, its body. */
  readonly timeoutMs: number
  /** A current bearer token. Given one that was refused, another. */
  readonly accessToken: (refused?: string) => Promise<string>
  /** What PDS allows us; default 5. */
  readonly requestsPerSecond?: number
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
}

export interface PdsContext {
  /** A UUID; PDS mirrors it. */
  readonly requestId: string
  readonly correlationId?: string
  /** Of the end user. */
  readonly organisation: OdsCode
  /** Of the end user, where there is one. */
  readonly roleProfileId?: string
  readonly signal?: AbortSignal
}

export interface PdsSearch {
  readonly family: string
  /** `YYYY-MM-DD`. */
  readonly birthdate: string
  readonly given?: string
  readonly gender?: 'male' | 'female' | 'other' | 'unknown'
  readonly postcode?: string
}

export interface PdsClient {
  /** @throws OutcomeError `throttled`, `upstreamTimeout` or `upstreamUnavailable`; all may be retried. */
  readonly trace: (nhsNumber: NhsNumber, context: PdsContext) => Promise<TraceOutcome>
  /** @throws OutcomeError as `trace`, and `invalid` when PDS cannot search by these details. */
  readonly search: (search: PdsSearch, context: PdsContext) => Promise<SearchOutcome>
}

const defaultRequestsPerSecond = 5
/** Fifty matches, which is the most that PDS gives, are a fifth of it. */
const maxAnswerBytes = 2_097_152

/**
 * The Personal Demographics Service: who a person is, where they are registered, and whether they may be shown at all.
 *
 * @see https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir
 */
export function createPdsClient(options: PdsClientOptions): PdsClient {
  const { requestsPerSecond: perSecond = defaultRequestsPerSecond, now } = options
  const turn = createRateLimit({ perSecond, now })

  async function get(path: string, context: PdsContext): Promise<Answer> {
    const deadline = AbortSignal.timeout(options.timeoutMs)
    const signal = context.signal ? AbortSignal.any([deadline, context.signal]) : deadline
    const token = await endWith(signal, () => options.accessToken())
    const answer = await send(path, context, { token, signal })
    if (answer.status !== 401) return answer
    // It was withdrawn before its time, as when the issuer changes keys. Once: a second 401 is about us.
    const another = await endWith(signal, () => options.accessToken(token))
    return send(path, context, { token: another, signal })
  }

  async function send(
    path: string,
    context: PdsContext,
    { token, signal }: { token: string; signal: AbortSignal }
  ) {
    await turn(signal)
    return options.outbound.exchange({
      method: 'GET',
      url: `${options.baseUrl}/${path}`,
      headers: toHeaders(context, token),
      signal,
      maxBytes: maxAnswerBytes
    })
  }

  return {
    trace: async (nhsNumber, context) => answerToTrace(await get(`Patient/${nhsNumber}`, context)),
    search: async (search, context) => answerToMatches(await get(`Patient?${toQuery(search)}`, context))
  }
}

function toHeaders(context: PdsContext, token: string): Record<string, string> {
  return {
    accept: 'application/fhir+json',
    authorization: `Bearer ${token}`,
    'x-request-id': context.requestId,
    'nhsd-end-user-organisation-ods': context.organisation,
    ...(context.correlationId !== undefined && { 'x-correlation-id': context.correlationId }),
    ...(context.roleProfileId !== undefined && { 'nhsd-session-urid': context.roleProfileId })
  }
}

function toQuery({ family, birthdate, given, gender, postcode }: PdsSearch): URLSearchParams {
  return new URLSearchParams({
    family,
    birthdate: `eq${birthdate}`,
    ...(given !== undefined && { given }),
    ...(gender !== undefined && { gender }),
    ...(postcode !== undefined && { 'address-postalcode': postcode })
  })
}
