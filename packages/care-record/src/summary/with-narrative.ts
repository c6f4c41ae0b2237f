import type { Narrative, Resource } from '@chesil/fhir'
import { dateText } from './fhir-text.ts'
import type { ItemWords } from './item-words.ts'
import { div, paragraph } from './xhtml.ts'

/**
 * A resource with words of its own keeps them: they are its source's, or were made where that was better known.
 *
 * @param source Who says so; absent for the person, whom PDS names.
 */
export function withNarrative(
  resource: Resource,
  { what, details, status, date }: ItemWords,
  source: string | undefined
): Resource {
  const { text } = resource as { readonly text?: Narrative }
  if (text) return resource
  const when = [status, date === undefined ? undefined : dateText(date)].filter((one) => one !== undefined)
  const said = source === undefined ? '' : `Said by ${source}`
  const lines = [what, ...details, when.join(', '), said].filter((line) => line !== '')
  const narrative: Narrative = { status: 'generated', div: div(lines.map(paragraph).join('')) }
  return { ...resource, text: narrative } as Resource
}
