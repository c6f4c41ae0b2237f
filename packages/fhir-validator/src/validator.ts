import type { Resource } from '@chesil/fhir'
import { createDefinitions } from './definitions.ts'
import { createDefinitionsLayer } from './definitions-layer.ts'
import { type Layer, maximumIssues, type ValidationIssue } from './issue.ts'
import { createRulesLayer } from './rules-layer.ts'
import { createSchemaLayer } from './schema-layer.ts'

export interface Validator {
  /**
   * The first resource of a type that was not prepared takes 10 to 40 ms, the first of all 200.
   *
   * @returns the errors of the first layer that finds any; `[]` when the resource is valid. Never throws.
   */
  readonly validate: (resource: Resource) => readonly ValidationIssue[]
}

export interface ValidatorOptions {
  /** Types to make ready now instead of with the first resource of the type. */
  readonly prepare?: readonly Resource['resourceType'][]
}

/**
 * Is this resource valid FHIR R4 as Chesil serves it? Reads definition files for some 300 ms.
 *
 * @throws Error when the definition files are not there or not as we know them.
 */
export function createValidator({ prepare = [] }: ValidatorOptions = {}): Validator {
  const definitions = createDefinitions()
  const schema = guarded('schema', createSchemaLayer(definitions))
  const structure = guarded('definitions', createDefinitionsLayer(definitions))
  const rules = guarded('rules', createRulesLayer(definitions))
  for (const resourceType of prepare) {
    definitions.findType(resourceType)
    schema({ resourceType } as Resource)
  }
  return {
    validate: (resource) => {
      const bySchema = schema(resource)
      if (bySchema.length > 0) return bySchema
      const byStructure = structure(resource)
      return byStructure.length > 0 ? byStructure : rules(resource)
    }
  }
}

/** What makes a layer throw (nesting that exhausts the stack, an object that is not JSON) is not a valid resource. */
function guarded(layer: ValidationIssue['layer'], findIssues: Layer): Layer {
  return (resource) => {
    try {
      return findIssues(resource).slice(0, maximumIssues)
    } catch {
      return [{ layer, expression: 'Resource', message: 'Could not be checked' }]
    }
  }
}
