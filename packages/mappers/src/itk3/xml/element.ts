import { XMLParser } from 'fast-xml-parser'
import { deepestXml, isPlainXml } from './plain-xml.ts'
import { resolveReferences } from './references.ts'

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  /** In their order; text as it stands between them. */
  readonly children: readonly (XmlElement | string)[]
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  processEntities: false,
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: deepestXml + 1
})

/** @returns `undefined` for what is not plain XML. */
export function readXml(xml: string): XmlElement | undefined {
  if (!isPlainXml(xml)) return undefined
  try {
    const nodes: unknown = parser.parse(xml)
    return nodesIn(nodes)
      .map(toElement)
      .find((node) => typeof node !== 'string')
  } catch {
    return undefined // what the parser or the resolving of references does not take
  }
}

type Node = Readonly<Record<string, unknown>>

const nodesIn = (value: unknown): readonly Node[] => (Array.isArray(value) ? (value as readonly Node[]) : [])

/** @throws Error for a reference that XML does not have. */
function toElement(node: Node): XmlElement | string {
  const name = Object.keys(node).find((key) => key !== ':@') ?? ''
  if (name === '#text') return resolved(node[name])
  const attributes = Object.entries((node[':@'] ?? {}) as Node)
  return {
    name,
    attributes: new Map(attributes.map(([key, value]) => [key, resolved(spaced(value))])),
    children: nodesIn(node[name]).map(toElement)
  }
}

/** @see https://www.w3.org/TR/xml/#AVNormalize */
const spaced = (value: unknown): string =>
  typeof value === 'string' ? value.replaceAll(/[\t\n\r]/g, ' ') : ''

function resolved(value: unknown): string {
  const text = resolveReferences(typeof value === 'string' ? value : '')
  if (text === undefined) throw new Error('Unknown reference')
  return text
}
