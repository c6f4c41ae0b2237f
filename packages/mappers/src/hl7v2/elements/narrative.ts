import type { Narrative } from '@chesil/fhir'

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;']
])

const escaped = (line: string): string => line.replaceAll(/[&<>"']/g, (letter) => entities.get(letter) ?? '')

/** Sentences that have no element of their own, where a reader sees them. */
export const toNarrative = (lines: readonly string[]): Narrative => ({
  status: 'additional',
  div: `<div xmlns="http://www.w3.org/1999/xhtml">${lines.map((line) => `<p>${escaped(line)}</p>`).join('')}</div>`
})
