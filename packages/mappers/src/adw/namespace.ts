/**
 * The namespace of the outermost element of an XML text that `readXml` has read: the reader behind that leaves
 * namespaces out.
 *
 * @returns `undefined` where the element has none, or has it under a prefix.
 */
export function namespaceOf(xml: string): string | undefined {
  const name = /<[\w:.-]+/y
  name.lastIndex = endOfPrologue(xml)
  name.exec(xml)
  const attribute = /\s+([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')/y
  attribute.lastIndex = name.lastIndex
  for (let found = attribute.exec(xml); found; found = attribute.exec(xml)) {
    if (found[1] === 'xmlns') return found[2]?.slice(1, -1)
  }
  return undefined
}

/** Declaration, processing instructions and comments come before the element. */
function endOfPrologue(xml: string): number {
  for (let at = xml.indexOf('<'); at >= 0; ) {
    const close = xml.startsWith('<?', at) ? '?>' : xml.startsWith('<!--', at) ? '-->' : undefined
    if (close === undefined) return at
    const end = xml.indexOf(close, at)
    at = end < 0 ? -1 : xml.indexOf('<', end + close.length)
  }
  return xml.length
}
