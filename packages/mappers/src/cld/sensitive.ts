import type { CldColumn } from './columns.ts'
import type { CldRow } from './row.ts'

/** Values that say more of somebody than that they are cared for, and the label under which they are shown. */
const sensitive: readonly (readonly [CldColumn, RegExp, string])[] = [
  ['Primary_Support_Reason', /asylum/i, 'asylum'],
  ['Primary_Support_Reason', /substance/i, 'substance-misuse'],
  ['Service_Type', /prison/i, 'prison'],
  ['Accommodation_Status', /prison|custod|offender/i, 'prison'],
  ['Event_Description', /asylum/i, 'asylum'],
  ['Event_Description', /substance|alcohol|drug/i, 'substance-misuse'],
  ['Event_Description', /safeguard/i, 'safeguarding'],
  ['Event_Description', /prison|custod/i, 'prison']
]

/** What of a row stands in the item of its event: the reason for support has one of its own. */
const inEvent = new Set<CldColumn>(['Service_Type', 'Event_Description'])

/** @param column What one column says; absent: what stands in the item of the row's event. */
export const labelsOf = ({ values }: CldRow, column?: CldColumn): readonly string[] => [
  ...new Set(
    sensitive.flatMap(([where, pattern, label]) =>
      (column ? where === column : inEvent.has(where)) && pattern.test(values[where] ?? '') ? label : []
    )
  )
]

/** The same of words that stand in no column. */
export const labelsInWords = (words: string): readonly string[] => [
  ...new Set(
    sensitive.flatMap(([where, pattern, label]) =>
      where === 'Event_Description' && pattern.test(words) ? label : []
    )
  )
]
