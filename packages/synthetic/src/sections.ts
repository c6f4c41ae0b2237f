import type { Section } from '@chesil/contracts'
import table from './sections.json' with { type: 'json' }
import type { CodeableConcept, Stu3Resource } from './stu3.ts'

/** A section of the structured record; documents have an interface of their own. */
export type StructuredSection = Exclude<Section, 'documents'>

export interface PrimaryList {
  readonly section: StructuredSection
  /** SNOMED CT, in `List.code`. */
  readonly code: string
  readonly display: string
  /** The request's parameter that asks for it. */
  readonly parameter: string
}

/**
 * The nine lists of a structured record; the ended allergies are a tenth, that comes with the first.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_list.html
 */
export const primaryLists = table as readonly PrimaryList[]

export const endedAllergies = { code: '1103671000000101', display: 'Ended allergies' } as const
export const consultationCode = { code: '325851000000107', display: 'Consultation' } as const
export const topicCode = { code: '25851000000105', display: 'Topic (EHR)' } as const
export const headingCode = { code: '24781000000107', display: 'Category (EHR)' } as const

const sectionByCode = new Map(primaryLists.map(({ section, code }) => [code, section]))

/** @returns the section that the resource is the primary list of; ended allergies count to `allergies`. */
export function findSection(resource: Stu3Resource): StructuredSection | undefined {
  const code = findListCode(resource)
  if (code === endedAllergies.code) return 'allergies'
  return code === undefined ? undefined : sectionByCode.get(code)
}

/** @returns `undefined` when it is not a List or has no code. */
export function findListCode(resource: Stu3Resource): string | undefined {
  if (resource.resourceType !== 'List') return undefined
  return (resource['code'] as CodeableConcept | undefined)?.coding?.[0]?.code
}
