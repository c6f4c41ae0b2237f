import type { ViewEntryIndex } from './search-index.ts'

interface Indexed {
  /** `Type/id` */
  readonly key: string
  readonly index: ViewEntryIndex
}

/** @returns the codes of each Medication among the items, by its key. */
export const medicineCodes = (items: readonly Indexed[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    items
      .filter(({ key }) => key.startsWith('Medication/'))
      .map(({ key, index }) => [key, index.token?.['code'] ?? []])
  )

/**
 * A medicine that is given by reference is found by the codes of what it refers to: `code` of a statement or
 * an order also holds those of its Medication.
 *
 * @returns the same index where it gains none.
 */
export function withMedicineCodes(
  index: ViewEntryIndex,
  medicines: ReadonlyMap<string, readonly string[]>
): ViewEntryIndex {
  const codes = (index.content ?? []).flatMap((part) => medicines.get(part) ?? [])
  if (codes.length === 0) return index
  return {
    ...index,
    token: { ...index.token, code: [...new Set([...(index.token?.['code'] ?? []), ...codes])] }
  }
}
