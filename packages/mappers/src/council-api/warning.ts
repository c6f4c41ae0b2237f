import { type ContributionEntry, councilLimits, councilWarningCategories } from '@chesil/contracts'
import { chesil, defined, type Flag } from '@chesil/fhir'
import { dayInWords } from '../cld/words.ts'
import { labelsOfWords } from '../sensitive-words.ts'
import {
  base,
  councilReference,
  type Draft,
  type Making,
  patientReference,
  toEntry,
  wordsIn
} from './item.ts'
import { periodIn, spanOf } from './service.ts'

/** What each category is called to a reader, and the label under which it is shown. */
const categories: Readonly<
  Record<(typeof councilWarningCategories)[number], { readonly name: string; readonly label?: string }>
> = {
  dog: { name: 'Dog', label: 'home-warning' },
  'two-to-visit': { name: 'Two to visit', label: 'home-warning' },
  violence: { name: 'Violence', label: 'home-warning' },
  'home-access': { name: 'Getting in', label: 'home-warning' },
  'home-hazard': { name: 'Hazard in the home', label: 'home-warning' },
  safeguarding: { name: 'Safeguarding', label: 'safeguarding' },
  asylum: { name: 'Asylum', label: 'asylum' },
  'substance-misuse': { name: 'Substance misuse', label: 'substance-misuse' },
  prison: { name: 'Prison', label: 'prison' },
  other: { name: 'Warning' }
}

/**
 * A risk or a warning, as the council words it.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-flag
 */
export function toWarning(id: string, draft: Draft, making: Making): readonly ContributionEntry[] {
  const said = wordsIn(draft, 'category')
  const known = councilWarningCategories.find((category) => category === said?.toLowerCase())
  const text = wordsIn(draft, 'text', councilLimits.words)
  const name = known ? categories[known].name : (said ?? 'Warning')
  if (known === undefined) draft.unread.push('Its category is not on our list')
  if (text === undefined) draft.unread.push('Its source does not say what to beware of')
  const period = periodIn(draft)
  const isOver = period.end !== undefined && period.end < making.asAt
  const facts = {
    path: `warning/${id}`,
    sections: ['alerts'] as const,
    labels: labelsOf(known, [said, text].join(' ')),
    lines: [
      `${name}: ${text ?? 'not said'}`,
      ...spanOf(period, making.asAt),
      `${making.context.source.name}, as at ${dayInWords(making.asAt)}.`
    ]
  }
  const resource: Flag = defined({
    ...base('Flag', facts, draft, making),
    status: isOver ? ('inactive' as const) : ('active' as const),
    category: [
      known === undefined
        ? { text: name }
        : {
            coding: [
              {
                system: chesil.codeSystem('council-api', 'warning-category'),
                code: known,
                display: name
              }
            ],
            text: name
          }
    ],
    code: { text: text ?? name },
    subject: patientReference(making),
    period: period.start || period.end ? period : undefined,
    author: councilReference(making)
  })
  return [toEntry(resource, facts, making)]
}

/**
 * By the category and by the words, whichever say more. Nobody has sorted what is of a category that we do not know: it
 * is shown to whoever may know of the home.
 */
function labelsOf(known: keyof typeof categories | undefined, words: string): readonly string[] {
  const byCategory = known && categories[known].label
  const labels = new Set<string>([...(byCategory ? [byCategory] : []), ...labelsOfWords(words)])
  return labels.size === 0 && known === undefined ? ['home-warning'] : [...labels]
}
