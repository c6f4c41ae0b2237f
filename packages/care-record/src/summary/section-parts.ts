import type { Resource } from '@chesil/fhir'
import { currencyOf } from './clinical-words.ts'
import type { RecordItem } from './record-item.ts'
import type { PartDefinition } from './section-definition.ts'

export const ofType =
  (...types: readonly Resource['resourceType'][]) =>
  ({ resource }: RecordItem): boolean =>
    types.includes(resource.resourceType)

/** What goes on first, then what is over. */
export function currentAndPast(
  takes: (item: RecordItem) => boolean,
  [current, past]: readonly [string, string],
  pastLimit?: number
): readonly PartDefinition[] {
  return [
    { title: current, takes: (item, isOver) => !isOver && takes(item) },
    { title: past, takes, ...(pastLimit !== undefined && { limit: pastLimit }) }
  ]
}

export const hasCode = ({ resource }: RecordItem, codes: ReadonlySet<string>): boolean =>
  resource.resourceType === 'Observation' &&
  (resource.code.coding?.some(({ code }) => codes.has(code ?? '')) ?? false)

export const hasCategory = ({ resource }: RecordItem, category: string): boolean =>
  resource.resourceType === 'Observation' &&
  (resource.category?.some(({ coding }) => coding?.some(({ code }) => code === category)) ?? false)

/** LOINC of IPS, and SNOMED CT “pregnant”, “not pregnant”. */
export const pregnancy = new Set(['82810-3', '11778-8', '11779-6', '11780-4', '77386006', '60001007'])
/** LOINC of IPS: tobacco, alcohol. */
export const habits = new Set(['72166-2', '74013-4'])

export const isMedicine = ofType('MedicationStatement', 'MedicationRequest')
export const isRecent = ({ resource }: RecordItem): boolean =>
  resource.resourceType === 'MedicationStatement' && currencyOf(resource) === 'recent'
export const isObservation = ofType('Observation')
