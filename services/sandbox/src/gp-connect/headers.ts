import type { IncomingHttpHeaders } from 'node:http'
import { type Refusal, refuse } from './refusal.ts'

export interface HeaderRules {
  /** The interaction that belongs to method and path. */
  readonly interaction: string
  readonly practiceAsid: string
  /** ASIDs of the organisations whose staff may ask. */
  readonly consumerAsids: ReadonlySet<string>
  /** Whether the request has a body, whose media type then has to be given. */
  readonly hasBody: boolean
}

/**
 * @returns the first thing that is wrong with the headers of a request.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/development_general_api_guidance.html
 */
export function checkHeaders(headers: IncomingHttpHeaders, rules: HeaderRules): Refusal | undefined {
  return checkSpineHeaders(headers, rules) ?? checkMediaTypes(headers, rules)
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const asid = /^[0-9]{1,20}$/

function checkSpineHeaders(headers: IncomingHttpHeaders, rules: HeaderRules): Refusal | undefined {
  const required: readonly (readonly [name: string, isWellFormed: (value: string) => boolean])[] = [
    ['Ssp-TraceID', (value) => uuid.test(value)],
    ['Ssp-From', (value) => asid.test(value)],
    ['Ssp-To', (value) => asid.test(value)],
    ['Ssp-InteractionID', (value) => value === rules.interaction]
  ]
  for (const [name, isWellFormed] of required) {
    const value = headers[name.toLowerCase()]
    if (typeof value !== 'string' || value === '') return refuse('BAD_REQUEST', `${name} is missing`)
    if (!isWellFormed(value)) return refuse('BAD_REQUEST', `${name} is not right for this request`)
  }
  if (headers['ssp-to'] !== rules.practiceAsid) {
    return refuse('ASID_CHECK_FAILED', 'Ssp-To is not the ASID of this practice')
  }
  if (!rules.consumerAsids.has(String(headers['ssp-from']))) {
    return refuse('ASID_CHECK_FAILED', 'Ssp-From is the ASID of nobody who may ask')
  }
  return undefined
}

function checkMediaTypes(headers: IncomingHttpHeaders, { hasBody }: HeaderRules): Refusal | undefined {
  const { accept, 'content-type': contentType } = headers
  if (accept === undefined) return refuse('BAD_REQUEST', 'Accept is missing')
  if (!accept.split(',').some(isFhirJson)) {
    return refuse('UNSUPPORTED_MEDIA_TYPE', 'Accept has to name application/fhir+json')
  }
  if (contentType === undefined) return hasBody ? refuse('BAD_REQUEST', 'Content-Type is missing') : undefined
  if (isFhirJson(contentType)) return undefined
  return refuse('UNSUPPORTED_MEDIA_TYPE', 'Content-Type has to be application/fhir+json')
}

/** With the charset UTF-8, where one is given. */
function isFhirJson(mediaType: string): boolean {
  const [type, ...parameters] = mediaType.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))
  return type === 'application/fhir+json' && (charset === undefined || /^charset="?utf-8"?$/.test(charset))
}
