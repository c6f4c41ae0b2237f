import type { GpPractice, ReadingOrganisation } from '@chesil/contracts'
import type { NhsNumber } from '@chesil/fhir'
import { findExchangeFailure } from '../outbound/failure.ts'
import type { Answer, Outbound } from '../outbound/outbound.ts'
import { type BreakerOptions, type BreakerState, createLimit, createSourcePolicy } from '../source-policy.ts'
import { fail, findPatientId, type GpConnectOutcome, isUnwell, judgeAnswer } from './answer.ts'
import {
  type GpConnectRequest,
  toFindPatientRequest,
  toListDocumentsRequest,
  toStructuredRecordRequest
} from './request.ts'

export interface GpConnectClientOptions {
  readonly source: Pick<GpPractice, 'endpoint' | 'timeoutMs' | 'maxAnswerBytes' | 'concurrency'>
  readonly outbound: Outbound
  /** GP Connect's unsigned token, made for each request. */
  readonly unsignedToken: (claims: TokenClaims) => string
  readonly consumer: Consumer
  readonly breaker?: BreakerOptions
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number
  /** A new UUID: the trace id of each request. */
  readonly newId: () => string
}

/** Chesil, as it is known to the Spine. */
export interface Consumer {
  /** Our Spine endpoint as a URL. */
  readonly issuer: string
  readonly device: {
    readonly system: string
    readonly value: string
    readonly model: string
    readonly version: string
  }
}

/** The person at the screen, for whose eyes alone the answer is. */
export interface GpConnectReader {
  readonly userId: string
  readonly name?: string
  readonly familyName?: string
  readonly givenName?: string
  readonly roleProfileId?: string
}

export interface TokenClaims extends Consumer {
  readonly audience: string
  readonly organisation: { readonly odsCode: string; readonly name: string }
  readonly practitioner: GpConnectReader
}

export interface GpConnectQuestion {
  readonly nhsNumber: NhsNumber
  readonly reader: GpConnectReader
  /** The reader's, with its own ASID. */
  readonly organisation: ReadingOrganisation
  readonly signal?: AbortSignal
}

/** Each has a breaker of its own. */
export type GpConnectInterface = 'structured' | 'documents'

/** One practice. Neither call throws for what the practice or the network does, and neither is tried twice. */
export interface GpConnectClient {
  readonly readStructuredRecord: (question: GpConnectQuestion) => Promise<GpConnectOutcome>
  /** The metadata of all the person's documents at the practice. */
  readonly listDocuments: (question: GpConnectQuestion) => Promise<GpConnectOutcome>
  /** For metrics. @param of Default `structured`. */
  readonly state: (of?: GpConnectInterface) => BreakerState
}

const mediaType = 'application/fhir+json;charset=utf-8'
/** A searchset with one Patient. */
const maxPatientBytes = 1_048_576

export function createGpConnectClient(options: GpConnectClientOptions): GpConnectClient {
  const { source, breaker, now } = options
  const limit = createLimit(source.concurrency)
  const createPolicy = () =>
    createSourcePolicy<GpConnectOutcome>({
      timeoutMs: source.timeoutMs,
      limit,
      isFailure: isUnwell,
      ...(breaker && { breaker })
    })
  // Each interface is well or unwell by itself: documents that fail are no reason not to ask for the record.
  const policies = { structured: createPolicy(), documents: createPolicy() }

  async function ask(request: GpConnectRequest, question: GpConnectQuestion, limits: Limits) {
    const startedAt = now()
    try {
      return judgeAnswer(await send(options, request, question, limits), now() - startedAt)
    } catch (error) {
      const failure = findExchangeFailure(error)
      if (failure === undefined) throw error
      return failure === 'timed-out' ? { outcome: failure } : fail(failure)
    }
  }

  async function run(
    of: GpConnectInterface,
    question: GpConnectQuestion,
    attempt: (signal: AbortSignal) => Promise<GpConnectOutcome>
  ): Promise<GpConnectOutcome> {
    const outcome = await policies[of].run(attempt, question.signal)
    if (outcome === 'busy') return fail(outcome)
    return typeof outcome === 'string' ? { outcome } : outcome
  }

  return {
    readStructuredRecord: (question) =>
      run('structured', question, (signal) =>
        ask(toStructuredRecordRequest(question.nhsNumber), question, {
          signal,
          maxBytes: source.maxAnswerBytes
        })
      ),
    listDocuments: (question) =>
      run('documents', question, async (signal) => {
        const startedAt = now()
        const request = toFindPatientRequest(question.nhsNumber)
        const found = await ask(request, question, { signal, maxBytes: maxPatientBytes })
        if (found.outcome !== 'answered') return found
        const patient = findPatientId(found.body, question.nhsNumber)
        if (!('id' in patient)) return patient
        const limits = { signal, maxBytes: source.maxAnswerBytes }
        const listed = await ask(toListDocumentsRequest(patient.id), question, limits)
        return listed.outcome === 'answered' ? { ...listed, elapsedMs: now() - startedAt } : listed
      }),
    state: (of = 'structured') => policies[of].state()
  }
}

interface Limits {
  readonly signal: AbortSignal
  readonly maxBytes: number
}

function send(
  { source, outbound, unsignedToken, consumer, newId }: GpConnectClientOptions,
  request: GpConnectRequest,
  { reader, organisation }: GpConnectQuestion,
  { signal, maxBytes }: Limits
): Promise<Answer> {
  const { baseUrl, proxyUrl, asid } = source.endpoint
  const root = `${baseUrl}/${request.capability}`
  const token = unsignedToken({
    ...consumer,
    audience: root,
    organisation: { odsCode: organisation.odsCode, name: organisation.name },
    practitioner: reader
  })
  const url = `${root}/${request.path}`
  return outbound.exchange({
    method: request.method,
    // The Spine Secure Proxy wants the whole address of the practice behind its own.
    url: proxyUrl === undefined ? url : `${proxyUrl.replace(/\/+$/, '')}/${url}`,
    headers: {
      'Ssp-TraceID': newId(),
      'Ssp-From': organisation.asid,
      'Ssp-To': asid,
      'Ssp-InteractionID': request.interaction,
      Authorization: `Bearer ${token}`,
      Accept: mediaType,
      'Content-Type': mediaType
    },
    signal,
    maxBytes,
    ...(request.body !== undefined && { body: request.body })
  })
}
