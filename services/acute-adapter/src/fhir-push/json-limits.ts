/** Far above what systems send. A resource is some ten deep, in a Bundle a few more. */
const limits = { depth: 64, values: 1_000_000 }

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c

/**
 * Whether JSON can be looked at without keeping everybody else waiting, or ending whoever walks through it. Of JSON
 * nothing else is said: it may be none at all.
 */
export function isWithinJsonLimits(text: string): boolean {
  let depth = 0
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign === quote) at = endOfString(text, at)
    else if (sign === comma) values++
    else if (isOpening(sign)) depth++
    else if (isOpening(sign - 2)) depth--
    if (depth > limits.depth || values > limits.values) return false
  }
  return true
}

/** `[` and `{`; what closes them comes two places later in ASCII. */
const isOpening = (sign: number): boolean => sign === 0x5b || sign === 0x7b

function endOfString(text: string, begin: number): number {
  let end = text.indexOf('"', begin + 1)
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === backslash) before--
  return (at - before) % 2 === 0
}
