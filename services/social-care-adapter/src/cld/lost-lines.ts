/**
 * Keeps count of lines that no row was made of: a quote out of place spoils its row, and may take the next ones with it.
 * None of them is to be missing without a word. Lines count as in an editor.
 */
export function createLineCount() {
  const spoilt: number[] = []
  let known = 0
  let emptyLines = 0

  return {
    /** A quote is out of place in this line. */
    onSpoilt: (line: number) => spoilt.push(line),
    /**
     * @param to The last line before the next row, or of the file. @param empty How many lines were empty so far.
     * @returns those since the last row that hold something; the ones with the quote first of all.
     */
    lostBefore(to: number, empty: number): readonly number[] {
      const since = linesBetween(known, to)
      const told = new Set(spoilt.splice(0, spoilt.filter((line) => line <= to).length))
      const count = since.length - (empty - emptyLines)
      emptyLines = empty
      return [...since.filter((line) => told.has(line)), ...since.filter((line) => !told.has(line))]
        .slice(0, told.size === 0 ? 0 : count)
        .sort((a, b) => a - b)
    },
    onRow(lastLine: number): void {
      known = lastLine
    }
  }
}

/** Those after `before`, with the last one. */
export const linesBetween = (before: number, last: number): readonly number[] =>
  Array.from({ length: Math.max(0, last - before) }, (_, place) => before + 1 + place)
