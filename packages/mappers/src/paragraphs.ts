const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;']
])

const escaped = (line: string): string => line.replaceAll(/[&<>"']/g, (letter) => entities.get(letter) ?? '')

/** @returns XHTML of a Narrative, a paragraph for each line; markup in a line is shown as it was written. */
export const toDiv = (lines: readonly string[]): string =>
  `<div xmlns="http://www.w3.org/1999/xhtml">${lines.map((line) => `<p>${escaped(line)}</p>`).join('')}</div>`
