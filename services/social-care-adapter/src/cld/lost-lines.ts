import { OutcomeError } from '@chesil/fhir'

/** So many rows on end, each with a quote out of place, are no file of this kind. */
const mostSpoilt = 100_000

/**
 * Keeps count of lines that no row was made of: a quote out of place spoils its row, and may take the next ones with it.
 * None of them is to be missing without a word. Lines count as in an editor.
 */
export function createLineCount() {
  let spoilt: number[] = []
  let known = 0
  let emptyLines = 0

  return {
    /**
     * A quote is out of place in this line.
     *
     * @throws OutcomeError `invalid` when hardly anything else is there.
     */
    onSpoilt(line: number): void {
      spoilt.push(line)
      if (spoilt.length > mostSpoilt)
        throw new OutcomeError(
          'invalid',
          `In ${mostSpoilt} rows on end a quote is out of place: quotes within a cell are doubled`
        )
    },
    /**
     * @param to The last line before the next row, or of the file. @param empty How many lines were empty so far.
     * @returns those since the last row that hold something; the ones with the quote first of all.
     */
    lostBefore(to: number, empty: number): Iterable<number> {
      const told = new Set(spoilt.filter((line) => line <= to))
      spoilt = spoilt.filter((line) => line > to)
      const lost = to - known - (empty - emptyLines)
      emptyLines = empty
      return told.size === 0 ? [] : lostLines(known, to, told, lost)
    },
    onRow(lastLine: number): void {
      known = lastLine
    }
  }
}

/** Which of the others were empty is not known: what is lost begins at the first. A file may have millions of empty lines. */
function* lostLines(
  before: number,
  last: number,
  told: ReadonlySet<number>,
  lost: number
): Generator<number> {
  let othersLeft = Math.max(0, lost - told.size)
  let next = before + 1
  for (const line of [...told].sort((a, b) => a - b)) {
    for (; next < line && othersLeft > 0; othersLeft--) yield next++
    yield line
    next = line + 1
  }
  for (; next <= last && othersLeft > 0; othersLeft--) yield next++
}

/** Those after `before`, with the last one. */
export const linesBetween = (before: number, last: number): readonly number[] =>
  Array.from({ length: Math.max(0, last - before) }, (_, place) => before + 1 + place)
