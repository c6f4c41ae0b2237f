import type { Delimiters } from './header.ts'

/** A segment of a decoded message, undivided: the door looks at a few fields of a few segments. */
export interface DoorSegment {
  readonly name: string
  /** Every repetition of a field, as its components. Fields of MSH are not read by this. */
  readonly values: (field: number) => readonly (readonly string[])[]
}

/**
 * @param names The segments that are wanted.
 * @param text Whatever its line ends.
 */
export function findSegments(
  text: string,
  names: ReadonlySet<string>,
  delimiters: Delimiters
): readonly DoorSegment[] {
  return [...linesOf(text)]
    .map((line) => line.trimStart())
    .filter((line) => names.has(line.slice(0, 3)) && line[3] === delimiters.field)
    .map((line) => toSegment(line, delimiters))
}

function* linesOf(text: string): Generator<string> {
  for (const match of text.matchAll(/[^\r\n]+/g)) yield match[0]
}

function toSegment(line: string, delimiters: Delimiters): DoorSegment {
  return {
    name: line.slice(0, 3),
    values: (field) =>
      fieldOf(line, field, delimiters.field)
        .split(delimiters.repetition)
        .map((value) =>
          value.split(delimiters.component).map((component) => plain(component, delimiters).trim())
        )
  }
}

/** One field, the others undivided: one of them may be a document of megabytes. */
function fieldOf(line: string, field: number, sign: string): string {
  let from = 0
  for (let at = 0; at < field; at++) {
    from = line.indexOf(sign, from) + 1
    if (from === 0) return ''
  }
  const end = line.indexOf(sign, from)
  return line.slice(from, end < 0 ? line.length : end)
}

/** A ward may be called A&E. */
function plain(text: string, { escaping, field, component, repetition, subcomponent }: Delimiters): string {
  if (!text.includes(escaping)) return text
  const signs: Readonly<Record<string, string>> = {
    F: field,
    S: component,
    R: repetition,
    E: escaping,
    T: subcomponent
  }
  return text
    .split(escaping)
    .map((piece, at) => (at % 2 === 1 ? (signs[piece] ?? piece) : piece))
    .join('')
}

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
