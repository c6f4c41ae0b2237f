import { prsbToContributions, readPrsb } from '@chesil/mappers'
import type { MapMessage } from '../map/map-message.ts'
import { readJsonBytes } from './intake.ts'

/** Maps a form of the inbox. */
export const mapPrsbMessage: MapMessage = (body, context) => {
  const content = readPrsb(readJsonBytes(body))
  return content.outcome === 'refused' ? content : prsbToContributions(content, context)
}
