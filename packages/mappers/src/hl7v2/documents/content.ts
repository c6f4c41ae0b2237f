import type { ContributionEntry, MessageDocument } from '@chesil/contracts'
import { type Attachment, type Coding, type DocumentReferenceContent, defined } from '@chesil/fhir'
import { toDateTime } from '../date-time.ts'
import type { Reading } from '../elements/reading.ts'
import { allOf, type Message, plainText, type Segment, text } from '../message.ts'
import type { ItemName } from '../results/item-entry.ts'
import { type Encapsulated, type Filing, isEncapsulated, toEncapsulated, toTextFile } from './encapsulated.ts'
import { titleOf } from './notification.ts'

export interface Content {
  /** `undefined` where the message has none. */
  readonly attachments: DocumentReferenceContent[] | undefined
  /** Binaries */
  readonly files: readonly ContributionEntry[]
  readonly documents: readonly MessageDocument[]
}

interface Origin {
  /** Of the document. */
  readonly name: ItemName
  readonly patient: { readonly reference: string }
  /** TXA */
  readonly notification: Segment
  readonly reading: Reading
  /** Beside content that came earlier. */
  readonly isAdded: boolean
  /** For the files too. */
  readonly security: Coding[] | undefined
}

/** The OBX of a document: files by themselves, and everything else as lines of one text. */
export function contentOf(message: Message, origin: Origin): Content {
  const parts = allOf(message.segments, 'OBX').filter(isFilled)
  const files = parts.filter(isEncapsulated)
  const words = parts
    .filter((part) => !isEncapsulated(part))
    .map((part) => plainText(part, 5) ?? '')
    .join('\n')
  const text = words.trim() === '' ? [] : [toTextFile(words, filingOf(origin, 'text'))]
  const found = [
    ...text,
    ...files.map((part, at) => toEncapsulated(part, filingOf(origin, String(at + 1), part)))
  ]
  return contentIn(found, origin)
}

/** An empty line belongs to a text; a file that is not there is nothing. */
const isFilled = (part: Segment): boolean => !isEncapsulated(part) || (part.fields[5] ?? '') !== ''

function filingOf(
  { name, patient, notification, reading, isAdded, security }: Origin,
  number: string,
  part?: Segment
): Filing {
  const own = isAdded ? `${reading.message.controlId ?? ''}/${number}` : number
  const title = titleOf(notification) ?? text(part, 3, 2, 0)
  return { name: { ...name, key: `binary/${name.key}/${own}` }, title, patient, reading, security }
}

function contentIn(found: readonly Encapsulated[], { notification }: Origin): Content {
  const creation = toDateTime(text(notification, 6)) ?? toDateTime(text(notification, 4))
  const attachments = found.map(({ attachment }): DocumentReferenceContent => {
    const dated: Attachment = { ...attachment, ...defined({ creation }) }
    return { attachment: dated }
  })
  return {
    attachments: attachments.length > 0 ? attachments : undefined,
    files: found.flatMap(({ entries }) => entries),
    documents: found.flatMap(({ documents }) => documents)
  }
}
