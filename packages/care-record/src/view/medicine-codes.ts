import type { ViewEntryIndex } from './search-index.ts'

interface Indexed {
  /** `Type/id` */
  readonly key: string
  readonly index: ViewEntryIndex
}

/**
 * A medicine that is given by reference is found by the codes of what it refers to: `code` of a statement or
 * an order also holds those of its Medication.
 *
 * @returns the same items, those that gain a code with another index.
 */
export function withMedicineCodes<Item extends Indexed>(items: readonly Item[]): readonly Item[] {
  const medicines = new Map(
    items.filter(isMedicine).map(({ key, index }) => [key, index.token?.['code'] ?? []])
  )
  if (medicines.size === 0) return items
  return items.map((item) => {
    const codes = (item.index.content ?? []).flatMap((part) => medicines.get(part) ?? [])
    return codes.length === 0 ? item : { ...item, index: withCodes(item.index, codes) }
  })
}

const isMedicine = ({ key }: Indexed): boolean => key.startsWith('Medication/')

const withCodes = (index: ViewEntryIndex, codes: readonly string[]): ViewEntryIndex => ({
  ...index,
  token: { ...index.token, code: [...new Set([...(index.token?.['code'] ?? []), ...codes])] }
})
