import type { ContributionEntry } from '@chesil/contracts'
import { defined, type Task } from '@chesil/fhir'
import { dayInWords } from '../cld/words.ts'
import { labelsOfWords } from '../sensitive-words.ts'
import {
  base,
  councilReference,
  type Draft,
  dayIn,
  type Making,
  patientReference,
  toEntry,
  wordsIn
} from './item.ts'

/**
 * A review that is due: nobody has begun it.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-task
 */
export function toReview(id: string, draft: Draft, making: Making): readonly ContributionEntry[] {
  const due = dayIn(draft, 'due')
  const kind = wordsIn(draft, 'kind')
  const { name } = making.context.source
  const day = due === undefined ? '' : ` ${due < making.asAt ? 'was due' : 'is due'} by ${dayInWords(due)}`
  const facts = {
    path: `review/${id}`,
    sections: ['assessments'] as const,
    labels: labelsOfWords(kind ?? ''),
    lines: [`${kind ?? 'A review of care and support'} by ${name}${day}, as at ${dayInWords(making.asAt)}.`]
  }
  const resource: Task = defined({
    ...base('Task', facts, draft, making),
    status: 'requested' as const,
    intent: 'plan' as const,
    code: { text: kind ?? 'Review of care and support' },
    for: patientReference(making),
    owner: councilReference(making),
    restriction: due === undefined ? undefined : { period: { end: due } }
  })
  return [toEntry(resource, facts, making)]
}
