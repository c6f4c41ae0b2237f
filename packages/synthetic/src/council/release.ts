import type { CouncilColumn, SomeCells } from './columns.ts'
import table from './release-1-words.json' with { type: 'json' }

/** Which words and which form of dates a council uses: release 2 is of 2025. */
export type Release = 1 | 2

/**
 * By column, what release 1 says for a word of release 2; a word that is not there is the same in both. Those of services,
 * outcomes, accommodation and employment stand so in NHS England's SQL; for the others no list is public, and they are ours.
 *
 * @see https://github.com/NHSDigital/ASC-Client-Level-Data-SALT-ASCOF-transformations
 */
const release1Words = Object.entries(table as Readonly<Record<string, Readonly<Record<string, string>>>>).map(
  ([column, words]) => [column as CouncilColumn, new Map(Object.entries(words))] as const
)

/** @param cells In the words of release 2, in which stories are told. */
export function inRelease<Cells extends SomeCells>(cells: Cells, release: Release): Cells {
  if (release === 2) return cells
  const worded: Partial<Record<CouncilColumn, string>> = { ...cells }
  for (const [column, words] of release1Words) {
    const word = cells[column]
    if (word) worded[column] = words.get(word) ?? word
  }
  return worded as Cells
}

/** @param date An ISO date, or an empty text. */
export const writtenDate = (date: string, form: Release): string =>
  form === 2 || date === '' ? date : `${date.slice(8, 10)}/${date.slice(5, 7)}/${date.slice(0, 4)}`
