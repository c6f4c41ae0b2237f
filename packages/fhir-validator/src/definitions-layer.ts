import type { OperationOutcomeIssue, Resource } from '@chesil/fhir'
import { OperationOutcomeError, validateResource } from '@medplum/core'
import type { Definitions } from './definitions.ts'
import { placeToExpression } from './expression.ts'
import { type Invariant, invariantHolds } from './invariant.ts'
import type { Layer, ValidationIssue } from './issue.ts'
import { findNestedResources, type NestedResource } from './nested-resource.ts'
import { isPlainlyValid } from './plainly-valid.ts'

/**
 * FHIR's structure definitions, by `validateResource` of `@medplum/core`: what is mandatory, what may
 * repeat, invariants, what JSON Schema cannot say of primitives. Expects that the schema layer found
 * nothing, so that every property name is one of FHIR's.
 */
export function createDefinitionsLayer(definitions: Definitions): Layer {
  return (resource) => {
    const definition = definitions.findType(resource.resourceType)
    if (!definition || isPlainlyValid(resource, definition, definitions)) return []
    const nested = [...findNestedResources(resource)]
    // The library knows the types that have been asked for, and must know these before it runs.
    const types = nested.map((item) => definitions.findType(item.resource.resourceType))
    const outermost = { resource, place: [resource.resourceType] }
    return [
      ...libraryIssues(resource),
      ...invariantIssues(outermost, definition.invariants.filter(isPassedOver)),
      ...nested.flatMap((item, index) => invariantIssues(item, types[index]?.invariants ?? []))
    ]
  }
}

function libraryIssues(resource: Resource): ValidationIssue[] {
  try {
    validateResource(resource, { base64BinaryMaxBytes: Number.MAX_SAFE_INTEGER })
    return []
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error
    return (error.outcome.issue ?? []).filter(isError).map((issue) => toIssue(issue, resource))
  }
}

/** The library refuses line breaks in base64, which R4 allows; base64 is one of our rules. */
const isError = ({ severity, details }: OperationOutcomeIssue): boolean =>
  severity === 'error' && details?.text !== 'Invalid base64Binary format'

/** The library's errors quote nothing of the resource but property names, and the schema lets only FHIR's pass. */
const toIssue = ({ details, expression }: OperationOutcomeIssue, resource: Resource): ValidationIssue => ({
  layer: 'definitions',
  expression: expression?.[0]?.replaceAll('[x]', '') ?? resource.resourceType,
  message: details?.text ?? 'Is not as the structure definition demands'
})

/** Of the invariants that the library passes over, the one that concerns us. `dom-3` is one of our rules. */
const isPassedOver = ({ key }: Invariant): boolean => key === 'org-1'

/** The library looks at the invariants of a whole resource only where it is the outermost. */
function invariantIssues(
  { resource, place }: NestedResource,
  invariants: readonly Invariant[]
): ValidationIssue[] {
  const input = { type: resource.resourceType, value: resource }
  return invariants
    .filter((invariant) => invariant.key !== 'dom-3' && !invariantHolds(invariant, input, resource))
    .map(({ key, description }) => ({
      layer: 'definitions',
      expression: placeToExpression(place),
      message: `Constraint ${key} not met: ${description}`
    }))
}
