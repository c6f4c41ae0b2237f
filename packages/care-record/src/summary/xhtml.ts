/**
 * Narrative from text that anybody may have written: every character that means something in XHTML is escaped, and
 * what no reader can see, and may turn what is read around (controls, directions), is left out.
 */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is left out
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/g

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/** Lone halves of a character become `\ufffd`. */
export const escapeText = (text: string): string =>
  text
    .toWellFormed()
    .replace(unseen, '')
    .replace(/[&<>"']/g, (sign) => entities[sign] ?? '')

/** Escaped; lines stay lines. */
const linesOf = (text: string): string => escapeText(text).replace(/\r\n|\r|\n/g, '<br/>')

export const paragraph = (text: string): string => `<p>${linesOf(text)}</p>`

/** Words that come before the rest, and must not be missed. */
export const strongParagraph = (label: string, text: string): string =>
  `<p><b>${escapeText(label)}</b> ${linesOf(text)}</p>`

export const list = (texts: readonly string[]): string =>
  `<ul>${texts.map((text) => `<li>${linesOf(text)}</li>`).join('')}</ul>`

/** With a border, so that it can be read in print. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[]
): string {
  const head = heads.map((text) => `<th align="left">${escapeText(text)}</th>`).join('')
  const body = rows.map((cells) => `<tr>${cells.map((text) => `<td>${linesOf(text)}</td>`).join('')}</tr>`)
  return `<table border="1"><caption>${escapeText(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`
}

export const div = (content: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`
