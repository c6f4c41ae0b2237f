import type { FhirEndpoint } from '@chesil/contracts'
import { type NhsNumber, systems } from '@chesil/fhir'
import { type AuthorisedSourceOptions, createAuthorisedSource, type NoAnswer } from '../authorised-source.ts'
import { fail } from '../gp-connect/answer.ts'
import type { BreakerState } from '../source-policy.ts'
import { searchAll } from './paging.ts'
import { findPatientId, judgePage, type Page } from './searchset.ts'

export interface FhirR4ClientOptions extends AuthorisedSourceOptions {
  readonly source: Pick<FhirEndpoint, 'timeoutMs' | 'maxAnswerBytes' | 'concurrency'> & {
    readonly endpoint: Pick<FhirEndpoint['endpoint'], 'baseUrl'>
  }
  readonly limits?: Partial<SearchLimits>
}

export interface SearchLimits {
  /** Entries that are asked for at once; default 200. */
  readonly pageSize: number
  /** Of one search; default 500. */
  readonly maxPages: number
  /** Of one search; default 50,000. */
  readonly maxEntries: number
}

export interface FhirR4Search {
  readonly type: FhirEndpoint['types'][number]
  /** The endpoint's own id of the person. */
  readonly patientId: string
  /** FHIR instant: only what was changed since. Absent: everything. */
  readonly since?: string
  /** Nothing of the items but their ids. */
  readonly idsOnly?: boolean
  readonly signal?: AbortSignal
}

export interface FhirR4Found {
  readonly outcome: 'answered'
  /** Absent: the endpoint knows nobody by that number. */
  readonly id?: string
  /** The searchset, JSON. */
  readonly body: Uint8Array
}

export interface FhirR4Pages {
  readonly outcome: 'answered'
  /** Searchsets, JSON, all of them. */
  readonly pages: readonly Uint8Array[]
}

/** One hospital's FHIR endpoint. No call throws for what it or the network does, and none is tried twice. */
export interface FhirR4Client {
  readonly findPatient: (nhsNumber: NhsNumber, signal?: AbortSignal) => Promise<FhirR4Found | NoAnswer>
  readonly search: (search: FhirR4Search) => Promise<FhirR4Pages | NoAnswer>
  /** For metrics. */
  readonly state: () => BreakerState
}

const defaults: SearchLimits = { pageSize: 200, maxPages: 500, maxEntries: 50_000 }
/** A few Patients at most. */
const maxPatientBytes = 1_048_576

/** A prescription that only refers to its medicine says nothing without it. */
const includes: ReadonlyMap<string, string> = new Map([
  ['MedicationRequest', 'MedicationRequest:medication'],
  ['MedicationStatement', 'MedicationStatement:medication']
])

/**
 * @see https://hl7.org/fhir/R4/search.html
 * @see https://simplifier.net/guide/uk-core-implementation-guide
 */
export function createFhirR4Client(options: FhirR4ClientOptions): FhirR4Client {
  const { source } = options
  const { baseUrl } = source.endpoint
  const limits = { ...defaults, ...options.limits }
  const endpoint = createAuthorisedSource(options, judgePage)
  const get = (url: string, maxBytes: number, signal?: AbortSignal): Promise<Page | NoAnswer> =>
    endpoint.ask({ method: 'GET', url, headers: { accept: 'application/fhir+json' }, maxBytes }, signal)

  return {
    findPatient: async (nhsNumber, signal) => {
      const identifier = `${systems.nhsNumber}|${nhsNumber}`
      const found = await searchAll(
        'Patient',
        { identifier },
        { baseUrl, get: (url) => get(url, maxPatientBytes, signal), maxPages: 2, maxEntries: 10 }
      )
      if (found.outcome !== 'answered') return found
      return toFound(found.pages, nhsNumber)
    },
    search: async (search) => {
      let bytesLeft = source.maxAnswerBytes
      const found = await searchAll(search.type, toParameters(search, limits), {
        baseUrl,
        ...limits,
        get: async (url) => {
          const page = bytesLeft > 0 ? await get(url, bytesLeft, search.signal) : fail('too-large')
          if ('body' in page) bytesLeft -= page.body.length
          return page
        }
      })
      return found.outcome === 'answered' ? { ...found, pages: found.pages.map(({ body }) => body) } : found
    },
    state: endpoint.state
  }
}

function toFound([first, second]: readonly Page[], nhsNumber: NhsNumber): FhirR4Found | NoAnswer {
  if (first === undefined || second !== undefined) return fail('ambiguous-patient', 200)
  const patient = findPatientId(first.bundle, nhsNumber)
  if ('outcome' in patient) return patient
  return { outcome: 'answered', body: first.body, ...(patient.id !== undefined && { id: patient.id }) }
}

const toParameters = ({ type, patientId, since, idsOnly }: FhirR4Search, { pageSize }: SearchLimits) => ({
  patient: patientId,
  _count: pageSize,
  ...(since !== undefined && { _lastUpdated: `ge${since}` }),
  ...(idsOnly ? { _elements: 'id' } : includeOf(type))
})

function includeOf(type: string): { _include?: string } {
  const include = includes.get(type)
  return include === undefined ? {} : { _include: include }
}
