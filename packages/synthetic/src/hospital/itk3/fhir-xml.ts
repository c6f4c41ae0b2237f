/** As much of a FHIR resource as is written: elements in the order in which FHIR's XML has them. */
export type Element =
  | string
  | number
  | boolean
  | Xhtml
  | readonly Element[]
  | { readonly [name: string]: Element | undefined }

/** Narrative that is XML already. */
export interface Xhtml {
  readonly xhtml: string
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export const escapeXml = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (character) => escapes[character] as string)

/**
 * Writes a resource as FHIR XML.
 *
 * @param resource Its `resourceType` names the element.
 * @see https://hl7.org/fhir/STU3/xml.html
 */
export function toFhirXml(resource: { readonly [name: string]: Element | undefined }): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(resource, ' xmlns="http://hl7.org/fhir"')}\n`
}

function write(resource: { readonly [name: string]: Element | undefined }, namespace = ''): string {
  const { resourceType, ...elements } = resource
  return `<${resourceType}${namespace}>${writeAll(elements)}</${resourceType}>`
}

const writeAll = (elements: { readonly [name: string]: Element | undefined }): string =>
  Object.entries(elements)
    .flatMap(([name, value]) => (value === undefined ? [] : [value].flat().map((one) => writeOne(name, one))))
    .join('')

function writeOne(name: string, value: Element): string {
  if (typeof value !== 'object') return `<${name} value="${escapeXml(String(value))}"/>`
  if (Array.isArray(value)) return value.map((one) => writeOne(name, one)).join('')
  if (isXhtml(value)) return value.xhtml
  const fields = value as { readonly [name: string]: Element | undefined }
  if ('resourceType' in fields) return `<${name}>${write(fields)}</${name}>`
  if (name !== 'extension') return `<${name}>${writeAll(fields)}</${name}>`
  const { url, ...rest } = fields
  return `<extension url="${escapeXml(String(url))}">${writeAll(rest)}</extension>`
}

const isXhtml = (value: object): value is Xhtml => 'xhtml' in value
