/**
 * A question's text as a reader sees it. PRSB's tool puts `_Instance` after each name and `_` between its words:
 * `Free_text__Instance`.
 *
 * @see https://theprsb.org/standards/
 */
export const toLabel = (given: string): string =>
  given
    .replace(/_Instance\s*$/i, '')
    .replaceAll(/[_\s]+/g, ' ')
    .trim()

/** How headings are compared: `Contingency/safety plans` and `Contingency_safety plans` are one. */
export const toHeading = (label: string): string => label.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** In capitals or not, each once, in their order. */
export function distinct(words: readonly string[]): string[] {
  return [...new Map(words.map((word) => [word.toLowerCase(), word])).values()]
}
