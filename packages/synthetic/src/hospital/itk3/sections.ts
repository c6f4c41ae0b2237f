import { systems } from '@chesil/fhir'
import { type Element, escapeXml } from './fhir-xml.ts'

/** A resource of a bundle, and what refers to it there. */
export interface BundledResource {
  readonly id: string
  readonly content: { readonly [name: string]: Element | undefined }
  readonly reference: { readonly reference: string }
}

export function resource(
  resourceType: string,
  elements: { readonly id: string; readonly [name: string]: Element | undefined }
): BundledResource {
  return {
    id: elements.id,
    content: { resourceType, ...elements },
    reference: { reference: `urn:uuid:${elements.id}` }
  }
}

export const coding = (system: string, code: string, display: string): Element => ({
  coding: { system, code, display }
})

/** A section of a document: what a reader sees, and the resources that say the same. */
export const section = (
  code: string,
  title: string,
  lines: readonly string[],
  entries: readonly BundledResource[]
): Element => ({
  title,
  code: coding(systems.snomed, code, title),
  text: {
    status: 'generated',
    div: {
      xhtml: `<div xmlns="http://www.w3.org/1999/xhtml">${lines.map((line) => `<p>${escapeXml(line)}</p>`).join('')}</div>`
    }
  },
  entry: entries.map(({ reference }) => reference)
})
