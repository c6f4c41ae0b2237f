import type { ContributionEntry, MessageDocument } from '@chesil/contracts'
import { type Attachment, type Binary, type Coding, defined } from '@chesil/fhir'
import { findBase64, hexToBase64, sizeOfBase64, textToBase64 } from '../../base64.ts'
import { keepAsText, type Reading } from '../elements/reading.ts'
import { field, part, type Repetition, type Segment, text } from '../message.ts'
import { type ItemName, skeletonOf } from '../results/item-entry.ts'
import beginnings from './tables/media-beginnings.json' with { type: 'json' }
import mediaTypes from './tables/media-types.json' with { type: 'json' }

/** A file that came inside a message, or that the message says where to find. */
export interface Encapsulated {
  readonly attachment: Attachment
  /** None where there is no file. */
  readonly documents: readonly MessageDocument[]
  /** Of the Binary that stands for it. */
  readonly entries: readonly ContributionEntry[]
}

export interface Filing {
  /** Of the Binary. */
  readonly name: ItemName
  readonly title: string | undefined
  /** Reference to the person, for whom alone the file is. */
  readonly patient: { readonly reference: string }
  readonly reading: Reading
  /** Labels of the document, which its file shares. */
  readonly security?: Coding[] | undefined
}

const typesOfFile: ReadonlyMap<string, string> = new Map(Object.entries(mediaTypes))
const typicalBeginnings: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(beginnings))
const anything = 'application/octet-stream'

/**
 * Whether OBX-5 is a file (ED) or leads to one (RP). Some senders fill it as ED and give OBX-2 as CE: what says of
 * itself that it is base64 is a file.
 */
export function isEncapsulated(result: Segment): boolean {
  const type = text(result, 2)?.toUpperCase() ?? ''
  if (type === 'ED' || type === 'RP') return true
  return text(result, 5, 4)?.toUpperCase() === 'BASE64' && text(result, 5, 5) !== undefined
}

/** @param result An OBX that `isEncapsulated`. What is wrong with the file goes to `unread`, and what remains is kept. */
export function toEncapsulated(result: Segment, filing: Filing): Encapsulated {
  const [value] = field(result, 5)
  if (text(result, 2)?.toUpperCase() === 'RP') return toPointer(value, filing)
  const stated = toMediaType(value, filing.reading)
  const base64 = contentOf(value)
  if (base64 !== undefined) return file(base64, checkedType(stated, base64, filing.reading), filing)
  const isSent = part(value, 5, 0) !== undefined
  filing.reading.unread.push(isSent ? 'The file could not be decoded' : 'The file was not sent')
  return { attachment: defined({ contentType: stated, title: filing.title }), documents: [], entries: [] }
}

/** A text that is a document by itself. */
export const toTextFile = (content: string, filing: Filing): Encapsulated =>
  file(textToBase64(content), 'text/plain; charset=utf-8', filing)

function file(
  base64: string,
  contentType: string,
  { name, title, patient, reading, security }: Filing
): Encapsulated {
  const { meta, ...rest } = skeletonOf('Binary', name, { ...reading, unread: [] })
  const { profile: _, ...bare } = meta ?? {}
  const resource: Binary = {
    ...rest,
    resourceType: 'Binary',
    meta: { ...bare, ...defined({ security }) },
    contentType,
    securityContext: patient
  }
  const { key, sections } = name
  return {
    attachment: defined({ contentType, url: `Binary/${rest.id}`, size: sizeOfBase64(base64), title }),
    documents: [{ sourceResourceId: key, contentType, base64 }],
    entries: [
      {
        resourceType: 'Binary',
        sourceResourceId: key,
        resource,
        sections,
        ...defined({ part: name.part })
      }
    ]
  }
}

/** ED.2 and ED.3: `application^PDF`, `IM^JPEG`; or ED.3 says all of it, as `application/pdf`. */
function toMediaType(value: Repetition | undefined, reading: Reading): string {
  const names = [part(value, 3, 0), part(value, 2, 0)].filter((name) => name !== undefined)
  for (const name of names) {
    const known = typesOfFile.get(name.toUpperCase())
    if (known !== undefined) return known
    if (/^[a-z]+\/[\w.+-]{1,100}$/i.test(name)) return name.toLowerCase()
  }
  if (names.length > 0) keepAsText(names.toReversed().join('/'), 'Type of file', reading)
  return anything
}

function contentOf(value: Repetition | undefined): string | undefined {
  const data = part(value, 5, 0)
  if (data === undefined) return undefined
  const encoding = part(value, 4)?.toUpperCase()
  if (encoding === 'HEX') return hexToBase64(data)
  return encoding === 'A' ? textToBase64(data) : findBase64(data)
}

/** A file that is not what it is said to be is kept as bytes, so that nothing opens it as what it is not. */
function checkedType(stated: string, base64: string, { unread }: Reading): string {
  const expected = typicalBeginnings.get(stated)
  if (!expected || expected.some((beginning) => base64.startsWith(beginning))) return stated
  unread.push(`The file is not what its type says: ${stated}`)
  return anything
}

function toPointer(value: Repetition | undefined, { title, reading }: Filing): Encapsulated {
  const pointer = part(value, 1, 0)
  const isAddress = pointer !== undefined && /^https?:\/\/[^\s<>"]{1,2000}$/i.test(pointer)
  if (!isAddress) keepAsText(pointer ?? 'nothing', 'Where the file is', reading)
  const subtype = part(value, 4, 0)
  const contentType = typesOfFile.get(subtype?.toUpperCase() ?? '')
  if (contentType === undefined) keepAsText(subtype, 'Type of file', reading)
  const attachment = defined({ contentType, url: isAddress ? pointer : undefined, title })
  return {
    attachment: Object.keys(attachment).length > 0 ? attachment : { title: 'Not sent' },
    documents: [],
    entries: []
  }
}
