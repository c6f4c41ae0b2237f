import { type Annotation, defined } from '@chesil/fhir'
import { toDateTime } from '../date-time.ts'
import type { Reading } from '../elements/reading.ts'
import { plainText, type Segment, text } from '../message.ts'
import { practitionerIn } from './references.ts'

/** NTE segments as one note, line by line; of its author and time where they all have the same. */
export function toNotes(notes: readonly Segment[], reading: Reading): Annotation[] | undefined {
  const words = toLines(notes)
  if (words === undefined) return undefined
  const authors = new Set(notes.map((note) => note.fields[5] ?? ''))
  const [first] = notes
  const authorReference = authors.size === 1 ? practitionerIn(first, 5, reading) : undefined
  const time = authors.size === 1 ? toDateTime(text(first, 6)) : undefined
  return [defined({ authorReference, time, text: words })]
}

/** NTE-3 of each, an empty one as an empty line. */
export function toLines(notes: readonly Segment[]): string | undefined {
  const words = notes
    .map((note) => plainText(note, 3) ?? '')
    .join('\n')
    .trim()
  return words === '' ? undefined : words
}
