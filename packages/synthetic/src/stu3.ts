/**
 * As much of FHIR STU3 as we write: no package types it. Elements that we read again are named; all
 * others are what their builder makes them.
 *
 * @see https://hl7.org/fhir/STU3/resourcelist.html
 */
export interface Stu3Resource {
  readonly resourceType: string
  /** Absent on the top-level lists, as practices' systems do it. */
  readonly id?: string
  readonly meta?: Stu3Meta
  readonly status?: string
  readonly intent?: string
  readonly extension?: readonly Extension[]
  readonly contained?: readonly Stu3Resource[]
  readonly entry?: readonly ListEntry[]
  readonly encounter?: Reference
  readonly subject?: Reference
  readonly basedOn?: readonly Reference[]
  readonly effectivePeriod?: Period
  readonly [element: string]: unknown
}

export interface Stu3Meta {
  readonly profile?: readonly string[]
  readonly security?: readonly Coding[]
}

export interface Coding {
  readonly system?: string
  readonly code?: string
  readonly display?: string
  readonly userSelected?: boolean
}

export interface CodeableConcept {
  readonly coding?: readonly Coding[]
  readonly text?: string
}

export interface Reference {
  readonly reference: string
}

export interface ListEntry {
  readonly item: Reference
}

export interface Period {
  readonly start?: string
  readonly end?: string
}

export interface Extension {
  readonly url: string
  readonly [value: string]: unknown
}

export interface Stu3Bundle {
  readonly resourceType: 'Bundle'
  readonly id?: string
  readonly meta?: Stu3Meta
  readonly type: string
  readonly entry: readonly BundleEntry[]
}

export interface BundleEntry {
  readonly fullUrl?: string
  readonly resource: Stu3Resource
}

const snomed = 'http://snomed.info/sct'
const nhs = 'https://fhir.nhs.uk/STU3'
const hl7Uk = 'https://fhir.hl7.org.uk/STU3'

/** @param name e.g. `CareConnect-GPC-Patient-1`. */
export const profiled = (name: string): Stu3Meta => ({ profile: [`${nhs}/StructureDefinition/${name}`] })

/** @param name e.g. `MedicationRepeatInformation`: an extension of GP Connect's own. */
export const gpcExtension = (name: string): string =>
  `${nhs}/StructureDefinition/Extension-CareConnect-GPC-${name}-1`

/** @param name e.g. `ActualProblem`: an extension of CareConnect. */
export const careConnectExtension = (name: string): string =>
  `${hl7Uk}/StructureDefinition/Extension-CareConnect-${name}-1`

/** @param name e.g. `CareConnect-PrescriptionType-1`. */
export const nhsCodeSystem = (name: string): string => `${nhs}/CodeSystem/${name}`

/** The code system of secondary lists. */
export const secondaryListSystem = `${hl7Uk}/CodeSystem/GPConnect-SecondaryListValues-1`

export const concept = (system: string, code: string, display: string): CodeableConcept => ({
  coding: [{ system, code, display }]
})

export const sct = ({ code, display }: { code: string; display: string }): CodeableConcept =>
  concept(snomed, code, display)

export const businessIdentifier = (value: string) => [
  { system: 'https://fhir.nhs.uk/Id/cross-care-setting-identifier', value }
]

/** @returns e.g. `Observation/1`; the resource must have an id. */
export const nameOf = ({ resourceType, id }: Stu3Resource): string => `${resourceType}/${id}`

export const referTo = (resource: Stu3Resource): Reference => ({ reference: nameOf(resource) })
