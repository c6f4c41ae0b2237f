import allowed from './narrative-allowed.json' with { type: 'json' }

const elements: ReadonlySet<string> = new Set(allowed.elements)
const inertAttributes: ReadonlySet<string> = new Set(allowed.attributes)

/** A link may lead out, to a place that a reader can see; a reference to another resource is relative. */
const link =
  /^(#[\w.-]*|https?:\/\/[^\s"'<>\\]+|mailto:[\w.@+-]+|tel:[\d+ ()-]+|[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})$/

/** Attributes whose value matters, each with what it may be. An image is never fetched from elsewhere. */
const values: ReadonlyMap<string, RegExp> = new Map([
  ['xmlns', /^http:\/\/www\.w3\.org\/1999\/xhtml$/],
  ['href', link],
  ['cite', link],
  ['longdesc', link],
  ['src', /^(#[\w.-]+|data:image\/(png|jpeg|gif);base64,[A-Za-z0-9+/]+=*)$/],
  ['style', /^([\w\s:;#.,%!-]|rgba?\([\d\s.,%]*\))*$/]
])

const token =
  /<(?<close>\/)?(?<name>[a-z][a-z0-9]*)(?<attributes>(?:\s+[a-z:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/)?>|(?<text>[^<]+)/y
const attribute = /([a-z:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const strayAmpersand = /&(?!(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)/

/**
 * A narrative is one well-formed `div` of formatting, without anything active and without anything that a
 * browser would fetch. What is not known to be harmless is refused, also comments, CDATA and processing
 * instructions, which an HTML parser reads otherwise than an XML parser.
 *
 * @returns what is wrong; `undefined` when nothing is.
 * @see https://hl7.org/fhir/R4/narrative.html txt-1 and txt-2: the elements and attributes there are the ones in the table
 */
export function narrativeProblem(xhtml: string): string | undefined {
  const text = xhtml.trim()
  if (!/^<div[^>]* xmlns=/.test(text)) return 'Is not a div in the XHTML namespace'
  const reading: Reading = { open: [], hasContent: false }
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const problem = pieceProblem(token.exec(text)?.groups, reading)
    if (problem) return problem
    if (reading.open.length === 0 && token.lastIndex < text.length) return 'Goes on after its div has ended'
  }
  if (reading.open.length > 0) return 'Has a tag that is not closed'
  return reading.hasContent ? undefined : 'Has no content'
}

interface Reading {
  /** Names of the elements that have begun and not ended. */
  readonly open: string[]
  hasContent: boolean
}

type Piece = Readonly<Record<string, string | undefined>>

function pieceProblem(piece: Piece | undefined, reading: Reading): string | undefined {
  if (!piece) return 'Holds something that is neither text nor a plain tag'
  const { text, name } = piece
  reading.hasContent ||= name === 'img' || /\S/.test(text ?? '')
  return text === undefined ? tagProblem(piece, reading.open) : textProblem(text)
}

function tagProblem(tag: Piece, open: string[]): string | undefined {
  const name = tag['name'] ?? ''
  if (!elements.has(name)) return 'Has an element that a narrative may not have'
  if (tag['close']) {
    const isBare = !tag['attributes'] && !tag['empty']
    return open.pop() === name && isBare ? undefined : 'Has tags that do not match'
  }
  if (!tag['empty']) open.push(name)
  return attributesProblem(tag['attributes'] ?? '')
}

function attributesProblem(attributes: string): string | undefined {
  for (const [, name = '', doubleQuoted, singleQuoted] of attributes.matchAll(attribute)) {
    const value = doubleQuoted ?? singleQuoted ?? ''
    const harmless = values.get(name)
    if (!harmless && !inertAttributes.has(name)) return 'Has an attribute that a narrative may not have'
    if (harmless?.test(value) === false)
      return 'Has a link, an image or a style that is not known to be harmless'
    if (strayAmpersand.test(value)) return 'Has an ampersand that is not an entity'
  }
  return undefined
}

const textProblem = (text: string): string | undefined =>
  strayAmpersand.test(text) ? 'Has an ampersand that is not an entity' : undefined
