import type { Delimiters } from './header.ts'

/**
 * Whether a frame holds more than one message: somebody forgot a frame's end, and what follows may be about
 * somebody else. The header's first characters cannot stand within a field, which would have to escaping them.
 */
export function holdsSeveral(text: string, { field, encoding }: Delimiters): boolean {
  const beginning = `MSH${field}${encoding}${field}`
  if (text.indexOf(beginning, text.indexOf(beginning) + 1) >= 0) return true
  let headers = 0
  for (const line of linesOf(text)) {
    // What may stand before: a byte order mark, blanks, signs that a line has lost its way with.
    const [, sign] = /^\W{0,64}MSH(.)/.exec(line.slice(0, 68)) ?? []
    if (sign === field || sign === '|') headers++
    if (headers > 1) return true
  }
  return false
}

function* linesOf(text: string): Generator<string> {
  for (const match of text.matchAll(/[^\r\n]+/g)) yield match[0]
}
