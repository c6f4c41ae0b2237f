import type { Definitions } from './definitions.ts'
import type { TypeDefinition } from './type-definition.ts'

/** A place in a resource: the resource type, then names of elements and positions. */
export type Place = readonly (string | number)[]

/**
 * @returns FHIRPath as an OperationOutcome has it, e.g. `Observation.component[1].value`.
 * @see https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression
 */
export const placeToExpression = (place: Place): string =>
  place.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('')

/**
 * Reads a JSON pointer as steps through the definitions (`/valueQuantity/value` is `value.value`). It ends
 * at the first property that FHIR does not define, because such a name may be anybody's words.
 *
 * @param pointer e.g. `/code/coding/0/code`.
 */
export function pointerToPlace(
  pointer: string,
  resource: { readonly resourceType: string },
  definitions: Definitions
): Place {
  const place: (string | number)[] = [resource.resourceType]
  let definition = definitions.findType(resource.resourceType)
  let value: unknown = resource
  for (const step of pointer.split('/').slice(1)) {
    value = (value as Readonly<Record<string, unknown>> | undefined)?.[step]
    if (/^\d+$/.test(step)) {
      place.push(Number(step))
    } else {
      const property = definition?.properties.get(step.replace(/^_/, ''))
      if (!property) break
      place.push(property.element)
      definition = definitions.findType(property.type)
    }
    definition = definitionOfResource(value, definitions) ?? definition
  }
  return place
}

function definitionOfResource(value: unknown, definitions: Definitions): TypeDefinition | undefined {
  const type = (value as { readonly resourceType?: unknown } | null | undefined)?.resourceType
  return typeof type === 'string' ? definitions.findType(type) : undefined
}
