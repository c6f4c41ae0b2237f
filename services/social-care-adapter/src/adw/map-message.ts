import { adwToContributions } from '@chesil/mappers'
import type { MapMessage } from '../map/map-message.ts'
import { readNotice } from './intake.ts'

/** Maps a notice, or the answer to one, of the inbox. */
export const mapAdwMessage: MapMessage = (body, context) => adwToContributions(readNotice(body), context)
