import type { SectionWarning } from '@chesil/contracts'
import { isJson, type Json, many, text, word } from '../json.ts'
import { extensionsOf } from './elements/extensions.ts'

/** In the words of the specification, for a list that gives the text of a warning without its code. */
const spoken: readonly (readonly [string, RegExp])[] = [
  ['confidential-items', /excluded due to confidentiality|patient preferences/i],
  ['data-in-transit', /record transfer from previous/i],
  ['data-awaiting-filing', /awaiting (filing|review)/i]
]

/** What an empty list says of itself; no warning. */
const nothingThere = /\s*Information not available\.?\s*$/i

/** @returns the codes of the list's own warnings, as `confidential-items`. */
export function warningCodesOf(list: Json): string[] {
  const codes: string[] = []
  for (const extension of extensionsOf(list).get('listwarningcode') ?? []) {
    const concept = extension['valueCodeableConcept']
    const coded = isJson(concept) ? many(concept['coding'])[0]?.['code'] : extension['valueCode']
    const code = word(coded)
    if (code !== undefined && !/\s/.test(code) && !codes.includes(code)) codes.push(code)
  }
  return codes
}

const notesOf = (list: Json): string =>
  (Array.isArray(list['note']) ? list['note'] : [list['note']])
    .map((note: unknown) => text(isJson(note) ? note['text'] : note))
    .filter((note) => note !== undefined)
    .join(' ')
    .replace(nothingThere, '')

/**
 * The warnings of a list with the text that goes with them. A list has one note for all of its warnings.
 * A note without a warning is passed on as one: `note`.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-0/accessrecord_structured_development_resources_overview.html
 */
export function warningsOf(list: Json): SectionWarning[] {
  const note = notesOf(list)
  const codes = warningCodesOf(list)
  for (const [code, words] of spoken) if (!codes.includes(code) && words.test(note)) codes.push(code)
  if (codes.length === 0 && note !== '') codes.push('note')
  return codes.map((code) => ({ code, text: note }))
}
