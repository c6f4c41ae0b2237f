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
