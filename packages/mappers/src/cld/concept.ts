import { type CodeableConcept, chesil } from '@chesil/fhir'
import type { CldColumn } from './columns.ts'
import type { CldRow } from './row.ts'

export function concept(row: CldRow, column: CldColumn): CodeableConcept | undefined {
  const value = row.values[column]
  if (value === undefined) return undefined
  const isListed = !row.doubts.some((doubt) => doubt.column === column && doubt.kind === 'not-listed')
  const system = chesil.codeSystem('client-level-data', column.toLowerCase().replaceAll('_', '-'))
  return isListed ? { coding: [{ system, code: value, display: value }], text: value } : { text: value }
}
