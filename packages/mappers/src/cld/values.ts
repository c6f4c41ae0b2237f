import values from './values.json' with { type: 'json' }

type Names = Readonly<Record<string, string>>
const { otherNames, ...lists } = values

/** Columns whose values are listed. */
export type ListedColumn = keyof typeof lists

/** Of these no list is published whole: a value that is not there may be right. */
const partlyListed: ReadonlySet<string> = new Set<ListedColumn>([
  'Request_Route_of_Access',
  'Assessment_Type'
])

export const isListed = (column: string): column is ListedColumn => known.has(column as ListedColumn)
export const isListedWhole = (column: ListedColumn): boolean => !partlyListed.has(column)

/** Release 1 and 2 differ in case, in `&` and `and`, and in signs. */
const plain = (value: string): string =>
  value
    .toLowerCase()
    .replaceAll('&', 'and')
    .replaceAll(/[^a-z0-9]/g, '')

const known: ReadonlyMap<ListedColumn, ReadonlyMap<string, string>> = new Map(
  (Object.keys(lists) as ListedColumn[]).map((column) => {
    const others: Names = (otherNames as Readonly<Record<string, Names>>)[column] ?? {}
    return [
      column,
      new Map([
        ...lists[column].map((value) => [plain(value), value] as const),
        ...Object.entries(others).map(([name, value]) => [plain(name), value] as const)
      ])
    ]
  })
)

/** @returns the value as release 2 words it; nothing for one that neither release lists. */
export const findListedValue = (column: ListedColumn, value: string): string | undefined =>
  known.get(column)?.get(plain(value))
