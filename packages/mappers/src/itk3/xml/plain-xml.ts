/** Deeper than any FHIR message with a document and its narrative in it. */
export const deepestXml = 100
const mostTags = 500_000
const longestName = 200

/**
 * Whether a text is one complete XML element, each tag closed, and has nothing that XML lets a sender do to a
 * reader: no document type, so no entities of its own and nothing fetched from elsewhere; no bottomless nesting.
 * The parser behind this is lenient: to it half a message would be one.
 *
 * One pass over the text, whatever is in it.
 */
export function isPlainXml(xml: string): boolean {
  const open: string[] = []
  let roots = 0
  let tags = 0
  let end = 0
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', end)) {
    if (open.length === 0 && !isBlank(xml, end, at)) return false
    end = endOfMarkup(xml, at)
    if (end < 0 || ++tags > mostTags || !follow(open, xml, at, end)) return false
    if (open.length === 0 && isTag(xml, at)) roots++
  }
  return open.length === 0 && roots === 1 && isBlank(xml, end, xml.length)
}

const isTag = (xml: string, at: number): boolean => xml[at + 1] !== '!' && xml[at + 1] !== '?'

/** @returns false for a tag that may not stand there. */
function follow(open: string[], xml: string, at: number, end: number): boolean {
  if (!isTag(xml, at)) return true
  const tag = readTag(xml, at, end)
  if (tag === undefined) return false
  if (tag.kind === 'end') return open.pop() === tag.name
  if (open.length >= deepestXml) return false
  if (tag.kind === 'start') open.push(tag.name)
  return true
}

interface Tag {
  readonly name: string
  readonly kind: 'start' | 'end' | 'whole'
}

const isBlank = (xml: string, from: number, to: number): boolean =>
  to - from < 1_000 && /^[\s\uFEFF]*$/.test(xml.slice(from, to))

/** @returns where the markup that begins at `at` ends, or -1 for one that does not, or that is not allowed. */
function endOfMarkup(xml: string, at: number): number {
  if (xml.startsWith('<!--', at)) return after(xml, '-->', at + 4)
  if (xml.startsWith('<![CDATA[', at)) return after(xml, ']]>', at + 9)
  if (xml.startsWith('<?', at)) return after(xml, '?>', at + 2)
  return xml.startsWith('<!', at) ? -1 : endOfTag(xml, at)
}

function after(xml: string, mark: string, from: number): number {
  const at = xml.indexOf(mark, from)
  return at < 0 ? -1 : at + mark.length
}

/** A `>` in quotes does not end it. */
function endOfTag(xml: string, from: number): number {
  const marks = /["'<>]/g
  marks.lastIndex = from + 1
  for (let mark = marks.exec(xml); mark; mark = marks.exec(xml)) {
    if (mark[0] === '>') return mark.index + 1
    const closing = mark[0] === '<' ? -1 : xml.indexOf(mark[0], mark.index + 1)
    if (closing < 0) return -1
    marks.lastIndex = closing + 1
  }
  return -1
}

function readTag(xml: string, at: number, end: number): Tag | undefined {
  const start = xml.slice(at, Math.min(end, at + longestName))
  const [, slash, name] = /^<(\/?)([A-Za-z_][\w.:-]*)(?=[\s/>])/.exec(start) ?? []
  if (name === undefined) return undefined
  if (slash === '/') return { name, kind: 'end' }
  return { name, kind: xml[end - 2] === '/' ? 'whole' : 'start' }
}
