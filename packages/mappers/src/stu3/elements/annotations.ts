import { type Annotation, defined } from '@chesil/fhir'
import { isJson, text } from '../../json.ts'
import type { Item } from '../item.ts'
import { toDateTime } from './dates.ts'
import { authors, toReference } from './references.ts'

/** A note written as a plain string is a note. */
function toAnnotation(value: unknown, item: Item): Annotation | undefined {
  if (!isJson(value)) {
    const plain = text(value)
    return plain === undefined ? undefined : { text: plain }
  }
  const words = text(value['text'])
  if (words === undefined) return undefined
  const authorReference = toReference(value['authorReference'], item, authors)
  return defined({
    authorReference,
    authorString: authorReference === undefined ? text(value['authorString']) : undefined,
    time: toDateTime(value['time'], 'Note time', item),
    text: words
  })
}

/** @param others Texts that have no element of their own in R4. */
export function toNotes(
  value: unknown,
  item: Item,
  others: readonly (string | undefined)[] = []
): Annotation[] | undefined {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  const notes = [
    ...all.map((note) => toAnnotation(note, item)),
    ...others.map((note) => toAnnotation(note, item))
  ]
  const found = notes.filter((note) => note !== undefined)
  return found.length > 0 ? found : undefined
}
