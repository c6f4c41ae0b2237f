import { type Condition, defined } from '@chesil/fhir'
import { type Json, text } from '../../json.ts'
import type { Item } from '../item.ts'
import { toDateTime, toPeriod } from './dates.ts'
import { toAge, toRange } from './quantity.ts'

/** When a problem or an allergy began. */
type Onset = Pick<Condition, 'onsetDateTime' | 'onsetAge' | 'onsetPeriod' | 'onsetRange' | 'onsetString'>

/** R4 allows one of them. */
export function toOnset(source: Json, item: Item): Onset {
  const onsetDateTime = toDateTime(source['onsetDateTime'], 'Onset', item)
  if (onsetDateTime !== undefined) return { onsetDateTime }
  const onsetPeriod = toPeriod(source['onsetPeriod'], 'Onset', item)
  if (onsetPeriod !== undefined) return { onsetPeriod }
  const onsetAge = toAge(source['onsetAge'], 'Onset', item)
  if (onsetAge !== undefined) return { onsetAge }
  const onsetRange = toRange(source['onsetRange'], 'Onset', item)
  if (onsetRange !== undefined) return { onsetRange }
  return defined({ onsetString: text(source['onsetString']) })
}
