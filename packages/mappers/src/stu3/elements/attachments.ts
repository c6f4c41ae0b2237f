import { type Attachment, defined } from '@chesil/fhir'
import { count, type Json, text, word } from '../../json.ts'
import type { Item } from '../item.ts'
import { toDateTime } from './dates.ts'
import { keepAsText } from './unread.ts'

/**
 * What a document is and where it lies. Its bytes are not taken over: GP Connect gives them by Binary alone.
 *
 * @param created For an attachment that does not say when it was made.
 */
export function toAttachment(source: Json, item: Item, created?: string): Attachment | undefined {
  if (source['data'] !== undefined) item.unread.push('Inline content was not taken over')
  const size = count(source['size'])
  if (size === undefined && source['size'] !== undefined) keepAsText(source['size'], 'Size', item)
  const attachment = defined({
    contentType: word(source['contentType'])?.replaceAll(/\s+/g, ' '),
    language: matching(source['language'], /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/),
    url: word(source['url'])?.replaceAll(/\s/g, '%20'),
    size,
    hash: matching(source['hash'], /^([A-Za-z0-9+/]{4})+([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
    title: text(source['title']),
    creation: toDateTime(source['creation'], 'Created', item) ?? created
  })
  return Object.keys(attachment).length > 0 ? attachment : undefined
}

function matching(value: unknown, pattern: RegExp): string | undefined {
  const found = word(value)
  return found !== undefined && pattern.test(found) ? found : undefined
}
