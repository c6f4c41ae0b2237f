import { type CodeableConcept, chesil } from '@chesil/fhir'
import type { CldColumn } from './columns.ts'
import type { CldRow } from './row.ts'
import { findListedValue, isListed } from './values.ts'

/** What a column says; with a code only where a release lists it. */
export function concept({ values }: CldRow, column: CldColumn): CodeableConcept | undefined {
  const value = values[column]
  if (value === undefined) return undefined
  if (!isListed(column) || findListedValue(column, value) === undefined) return { text: value }
  const system = chesil.codeSystem('client-level-data', column.toLowerCase().replaceAll('_', '-'))
  return { coding: [{ system, code: value, display: value }], text: value }
}

/** What rows say in a column, each once. */
export const valuesIn = (rows: readonly CldRow[], column: CldColumn): readonly string[] => [
  ...new Set(rows.flatMap(({ values }) => values[column] ?? []))
]

/** The same as concepts. */
export const conceptsIn = (rows: readonly CldRow[], column: CldColumn): readonly CodeableConcept[] => {
  const said = new Map(rows.map((row) => [row.values[column], concept(row, column)]))
  return [...said.values()].filter((one) => one !== undefined)
}
