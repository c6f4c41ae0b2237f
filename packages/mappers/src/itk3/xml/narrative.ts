import type { XmlElement } from './element.ts'

const blocks = new Set([
  ...[
    'p',
    'div',
    'tr',
    'li',
    'br',
    'table',
    'caption',
    'ul',
    'ol',
    'dl',
    'dt',
    'dd',
    'pre',
    'hr',
    'blockquote'
  ],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6']
])
const cells = new Set(['td', 'th'])
const silent = new Set(['script', 'style', 'head', 'object', 'iframe'])

/**
 * A narrative as plain text, as it is read: lines where it has blocks, the cells of a row one after the other.
 * Nothing that a browser would act on is left of it.
 */
export function narrativeText(div: XmlElement): string {
  const parts: string[] = []
  write(div, parts, false)
  return parts
    .join('')
    .split('\n')
    .map((line) => line.replaceAll(/ \| +/g, ' | ').replace(/^[\s|]+|[\s|]+$/g, ''))
    .filter((line) => line !== '')
    .join('\n')
}

function write({ name, children }: XmlElement, parts: string[], isAsTyped: boolean): void {
  if (silent.has(name)) return
  const keeps = isAsTyped || name === 'pre'
  if (blocks.has(name)) parts.push('\n')
  for (const child of children) {
    if (typeof child !== 'string') write(child, parts, keeps)
    else parts.push(keeps ? child : child.replaceAll(/\s+/g, ' '))
  }
  if (blocks.has(name)) parts.push('\n')
  if (cells.has(name)) parts.push(' | ')
}
