import type { ContributionEntry, MessageDocument } from '@chesil/contracts'
import { type Attachment, type Binary, defined } from '@chesil/fhir'
import { sizeOfBase64, textToBase64 } from '../base64.ts'
import { fingerprint } from '../fingerprint.ts'
import { itemMeta } from '../item-meta.ts'
import { type Json, many, one, text, word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import { partOf } from './document-names.ts'
import type { Itk3Message } from './message.ts'

/** One file that belongs to the document. */
export interface DocumentFile {
  readonly attachment: Attachment
  readonly document: MessageDocument
  readonly entry: ContributionEntry
}

export interface Filing {
  readonly documentName: string
  readonly personId: string
  readonly context: MessageContext
  readonly title: string | undefined
}

/**
 * What a reader opens first comes first: the files in the message; where it has none, its narrative as text. The
 * message as it came is always the last.
 *
 * @param unread Where to say that a file could not be taken out; it is in the message.
 */
export function filesOf(message: Itk3Message, filing: Filing, unread: string[]): DocumentFile[] {
  const sent = message.entries.flatMap(({ type, source }) => {
    if (type !== 'Binary') return []
    const base64 = (word(source['content']) ?? word(source['data']) ?? '').replaceAll(/\s+/g, '')
    const contentType = word(source['contentType'])
    if (sizeOfBase64(base64) === undefined) unread.push('A file of the document could not be decoded')
    else return [toFile(base64, typeOf(contentType), { ...filing, title: filing.title })]
    return []
  })
  const narrative = sent.length > 0 ? '' : narrativeOf(message.composition?.source)
  const text = narrative === '' ? [] : [toFile(textToBase64(narrative), 'text/plain; charset=utf-8', filing)]
  const whole = toFile(textToBase64(message.xml), 'application/fhir+xml', {
    ...filing,
    title: 'The message as it was sent'
  })
  return [...sent, ...text, whole].filter(
    (file, position, all) =>
      all.findIndex(({ document }) => document.sourceResourceId === file.document.sourceResourceId) ===
      position
  )
}

const typeOf = (stated: string | undefined): string =>
  stated !== undefined && /^[\w.+-]{1,60}\/[\w.+-]{1,100}(;[\w\s=."-]{1,100})?$/.test(stated)
    ? stated
    : 'application/octet-stream'

/** The name follows from the content: what a Binary holds never changes. */
function toFile(
  base64: string,
  contentType: string,
  { documentName, personId, context, title }: Filing
): DocumentFile {
  const sourceResourceId = `${documentName}|Binary/${fingerprint(contentType + base64)}-${base64.length}`
  const id = context.resourceId('Binary', sourceResourceId)
  const { profile: _, ...meta } = itemMeta(context.source, 'Binary', ['documents'])
  const resource: Binary = {
    resourceType: 'Binary',
    id,
    meta,
    contentType,
    securityContext: { reference: `Patient/${personId}` }
  }
  return {
    attachment: defined({ contentType, url: `Binary/${id}`, size: sizeOfBase64(base64), title }),
    document: { sourceResourceId, contentType, base64 },
    entry: {
      resourceType: 'Binary',
      sourceResourceId,
      resource,
      part: partOf(documentName),
      sections: ['documents']
    }
  }
}

/** Title and text of each section, in their order. */
function narrativeOf(composition: Json | undefined): string {
  if (composition === undefined) return ''
  const own = text(one(composition['text'])?.['div'])
  const sections = many(composition['section']).map((section) => sectionText(section))
  const found = sections.filter((section) => section !== '')
  if (found.length === 0 && own === undefined) return ''
  return [text(composition['title']), found.length === 0 ? own : undefined, ...found]
    .filter((part) => part !== undefined)
    .join('\n\n')
}

function sectionText(section: Json): string {
  const words = text(one(section['text'])?.['div'])
  const inner = many(section['section']).map((one) => sectionText(one))
  const all = [words ?? '', ...inner].filter((part) => part !== '')
  if (all.length === 0) return ''
  return [text(section['title']) ?? '', ...all].filter((part) => part !== '').join('\n')
}
