import { hl7v2ToContributions } from '@chesil/mappers'
import type { MapMessage } from '../map/map-message.ts'
import { withStays } from '../map/with-stays.ts'
import { decodeBody } from './character-sets.ts'

/** Maps an HL7 v2 message of the inbox. */
export const mapHl7v2Message: MapMessage = (body, context, characterSet) => {
  const text = decodeBody(body, characterSet ?? 'utf8')
  const mapped = hl7v2ToContributions(text, context)
  return mapped.outcome === 'mapped' ? { ...mapped, parts: withStays(mapped.parts, text, context) } : mapped
}
