const predefined: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"]
])

/**
 * Resolves the five references that every XML text may use, and numbers of characters.
 *
 * @returns `undefined` for any other: without a document type there is none.
 */
export function resolveReferences(text: string): string | undefined {
  if (!text.includes('&')) return text
  let isKnown = true
  const resolved = text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w{1,10}))?;?/g,
    (whole, ...groups) => {
      const [decimal, hexadecimal, name] = groups as (string | undefined)[]
      const number = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
      const letter = name === undefined ? letterOf(number) : predefined.get(name)
      isKnown &&= letter !== undefined && whole.endsWith(';')
      return letter ?? ''
    }
  )
  return isKnown ? resolved : undefined
}

/** @see https://www.w3.org/TR/xml/#charsets */
function letterOf(number: number): string | undefined {
  const isAllowed =
    [0x9, 0xa, 0xd].includes(number) ||
    (number >= 0x20 && number <= 0xd7ff) ||
    (number >= 0xe000 && number <= 0xfffd) ||
    (number >= 0x10000 && number <= 0x10ffff)
  return isAllowed ? String.fromCodePoint(number) : undefined
}
