const decoder = new TextDecoder('utf-8', { fatal: true })
const declared = /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]+)["']/

/**
 * FHIR is written in UTF-8 alone. What says that it is something else, or is, is not guessed at: a wrong letter may
 * be a wrong name or dose. A byte order mark is left out.
 *
 * @returns `undefined` for what is not UTF-8.
 * @see https://hl7.org/fhir/R4/xml.html
 */
export function decodeFhirXml(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes)
    const encoding = declared.exec(text)?.[1] ?? 'utf-8'
    return /^(utf-?8|us-ascii)$/i.test(encoding) ? text : undefined
  } catch {
    return undefined
  }
}
