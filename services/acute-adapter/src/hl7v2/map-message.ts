import { hl7v2ToContributions } from '@chesil/mappers'
import type { MapMessage } from '../map/map-message.ts'
import { decodeBody } from './character-sets.ts'

/** Maps an HL7 v2 message of the inbox. */
export const mapHl7v2Message: MapMessage = (body, context, characterSet) =>
  hl7v2ToContributions(decodeBody(body, characterSet ?? 'utf8'), context)
