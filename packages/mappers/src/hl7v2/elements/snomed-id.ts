/** Of the dihedral group of ten: the product of two digits. */
const multiply = (a: number, b: number): number => {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5
  return b < 5 ? ((a - b) % 5) + 5 : (a - b + 5) % 5
}

const permute = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4] as const

/**
 * Whether a text is an identifier of SNOMED CT, by its check digit (Verhoeff). `SNM` is the older SNOMED in HL7 table
 * 0396, and many senders mean SNOMED CT by it.
 *
 * @see https://confluence.ihtsdotools.org/display/DOCRELFMT/5.6+Check-digit
 */
export function isSnomedId(text: string): boolean {
  if (!/^[1-9]\d{5,17}$/.test(text)) return false
  let check = 0
  for (const [place, digit] of [...text].reverse().entries()) {
    let value = Number(digit)
    for (let times = place % 8; times > 0; times--) value = permute[value] ?? 0
    check = multiply(check, value)
  }
  return check === 0
}
