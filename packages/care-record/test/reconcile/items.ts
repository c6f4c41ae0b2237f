import { chesil, type Resource, systems } from '@chesil/fhir'
import type { GroupableItem } from '../../src/index.ts'

/** A resource without what `item` adds. */
export interface Said {
  readonly resourceType: Resource['resourceType']
  readonly [element: string]: unknown
}

const day = Date.parse('2026-06-01T00:00:00Z')

/** An item as a source says it: `meta.tag` names the source, as on everything in a record. */
export function item(id: string, sourceId: string, resource: Said, confirmedAt = day): GroupableItem {
  return {
    key: `${resource.resourceType}/${id}`,
    resource: {
      id,
      meta: { tag: [{ system: chesil.source, code: sourceId }] },
      ...resource
    } as Resource,
    sourceId,
    confirmedAt
  }
}

/** @param text `id words`, such as `318906001 Ramipril 10mg capsules`; with a system before: `dmd:… `. */
export function concept(text: string) {
  const [, prefix, code, display = ''] = /^(?:(\w+):)?(\S+) ?(.*)$/.exec(text) ?? []
  if (prefix === 'text') return { text: `${code} ${display}`.trim() }
  const system = namedSystems.get(prefix ?? 'sct') ?? prefix
  return { coding: [{ system, code, ...(display && { display }) }] }
}

const namedSystems = new Map<string, string>([
  ['sct', systems.snomed],
  ['dmd', systems.dmd],
  ['loinc', systems.loinc],
  ['icd10', 'http://hl7.org/fhir/sid/icd-10'],
  ['read', 'http://read.info/readv2']
])

export const statusConcept = (code: string) => ({ coding: [{ code }] })

export const allergy = (code: string, content: object = {}) => ({
  resourceType: 'AllergyIntolerance' as const,
  code: concept(code),
  clinicalStatus: statusConcept('active'),
  ...content
})
export const medicine = (code: string, content: object = {}) => ({
  resourceType: 'MedicationStatement' as const,
  status: 'active',
  medicationCodeableConcept: concept(code),
  ...content
})
export const condition = (code: string, content: object = {}) => ({
  resourceType: 'Condition' as const,
  code: concept(code),
  clinicalStatus: statusConcept('active'),
  ...content
})
export const observation = (code: string, value: number | undefined, at: string, content: object = {}) => ({
  resourceType: 'Observation' as const,
  status: 'final',
  code: concept(code),
  effectiveDateTime: at,
  ...(value !== undefined && { valueQuantity: { value, unit: 'mmol/L' } }),
  ...content
})
