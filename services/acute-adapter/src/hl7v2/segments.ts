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
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trimStart())
    .filter((line) => names.has(line.slice(0, 3)) && line[3] === delimiters.field)
    .map((line) => toSegment(line, delimiters))
}

function toSegment(line: string, delimiters: Delimiters): DoorSegment {
  const fields = line.split(delimiters.field)
  return {
    name: line.slice(0, 3),
    values: (field) =>
      (fields[field] ?? '')
        .split(delimiters.repetition)
        .map((value) =>
          value.split(delimiters.component).map((component) => plain(component, delimiters).trim())
        )
  }
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
  const headers = text.split(/[\r\n]+/).filter((line) => {
    const [, sign] = /^\W*MSH(.)/.exec(line) ?? []
    return sign === field || sign === '|'
  })
  return headers.length > 1
}
