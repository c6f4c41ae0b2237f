import type { Medication } from '@chesil/fhir'
import type { ViewEntryIndex } from './search-index.ts'
import { tokensIn, tokenTextsIn } from './search-values.ts'

/** By what a medicine is found that other resources refer to. */
export interface MedicineNames {
  readonly codes: readonly string[]
  readonly texts: readonly string[]
}

/** @param medication As it is kept. */
export const medicineNames = ({ code }: Medication): MedicineNames => ({
  codes: tokensIn(code),
  texts: tokenTextsIn(code)
})

/**
 * A medicine that is given by reference is found by the codes and words of what it refers to: `code` of a statement or
 * an order also holds those of its Medication.
 *
 * @param medicines By `Type/id`.
 * @returns the same index where it gains none.
 */
export function withMedicineNames(
  index: ViewEntryIndex,
  medicines: ReadonlyMap<string, MedicineNames>
): ViewEntryIndex {
  const named = (index.content ?? []).flatMap((part) => medicines.get(part) ?? [])
  if (named.length === 0) return index
  const codes = [...(index.token?.['code'] ?? []), ...named.flatMap(({ codes }) => codes)]
  return {
    ...index,
    token: { ...index.token, ...(codes.length > 0 && { code: [...new Set(codes)] }) },
    text: { code: named.flatMap(({ texts }) => texts) }
  }
}
