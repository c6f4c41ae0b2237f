import type { WebhookForm } from '@chesil/contracts'
import { OutcomeError } from '@chesil/fhir'

/** All that is taken; with anything else the answer is 415. */
export const webhookTypes = [
  'application/fhir+json',
  'application/json',
  'application/hl7-v2+er7',
  'x-application/hl7-v2+er7',
  'application/hl7-v2',
  'text/csv'
] as const

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * What a body is, by its media type; what calls itself JSON is looked into. More is found out by whoever maps it.
 *
 * @throws OutcomeError `invalid` for what is not what it says.
 */
export function formOf(contentType: string, body: Buffer): WebhookForm {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === 'text/csv') return 'cld'
  if (type.includes('hl7-v2')) {
    if (body.subarray(0, 3).toString('latin1') !== 'MSH') throw refuse('An HL7 v2 message begins with MSH')
    return 'hl7v2'
  }
  const content = readJson(body)
  if (typeof content['resourceType'] === 'string') return 'fhir'
  if (type === 'application/json' && content['type'] === 'person.changed') return 'person-changed'
  throw refuse(
    type === 'application/json'
      ? 'Send a FHIR R4 resource, or an event of the type person.changed'
      : 'resourceType is missing: send a FHIR R4 resource or Bundle'
  )
}

function readJson(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(decoder.decode(body))
    if (typeof content === 'object' && content !== null) return content as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw refuse('The body is not a JSON object in UTF-8')
}

const refuse = (text: string) => new OutcomeError('invalid', text)
