/** Of the bytes 80 to 9F; the others are those of Latin-1. @see https://encoding.spec.whatwg.org/#windows-1252 */
const high = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/** @returns the text's bytes; a question mark for each character that the set lacks. */
export function windows1252(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place)
    bytes[place] = code < 0x80 || (code >= 0xa0 && code <= 0xff) ? code : highByte(text.charAt(place))
  }
  return bytes
}

function highByte(character: string): number {
  const place = high.indexOf(character)
  return place < 0 ? 0x3f : 0x80 + place
}
