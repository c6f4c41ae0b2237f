import type { Resource } from '@chesil/fhir'

/** One reason why a resource is not valid. Holds nothing of the resource's content. */
export interface ValidationIssue {
  readonly layer: 'schema' | 'definitions' | 'rules'
  /** FHIRPath of the element at fault, e.g. `Patient.name[0].family`. */
  readonly expression: string
  readonly message: string
}

/** @returns errors only; `[]` when the layer finds none. */
export type Layer = (resource: Resource) => readonly ValidationIssue[]

/** Enough to see what is wrong: a hostile resource may break a rule a million times. */
export const maximumIssues = 20
