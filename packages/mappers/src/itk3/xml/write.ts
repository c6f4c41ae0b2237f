const escapes: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;']
])

/** What XML cannot hold, not even by number. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to leave out
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(forbidden, '')
    .replaceAll(/[&<>"]/g, (letter) => escapes.get(letter) ?? '')

/** A FHIR element that is a value. */
export const value = (name: string, text: string): string => `<${name} value="${escaped(text)}"/>`

/** One with others in it, as `value` and `element` write them. */
export const element = (name: string, ...children: readonly string[]): string =>
  `<${name}>${children.join('')}</${name}>`

export const extension = (url: string, ...children: readonly string[]): string =>
  `<extension url="${escaped(url)}">${children.join('')}</extension>`

export const coding = (name: string, system: string, code: string, display: string): string =>
  element(name, value('system', system), value('code', code), value('display', display))
