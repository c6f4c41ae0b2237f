import type { Resource } from '@chesil/fhir'
import type { Definitions } from './definitions.ts'
import { placeToExpression } from './expression.ts'
import { type Layer, maximumIssues, type ValidationIssue } from './issue.ts'
import { containedProblems } from './rules/contained.ts'
import { dataTypeProblem } from './rules/data-type.ts'
import { primitiveProblem } from './rules/primitive.ts'
import { profileProblem } from './rules/profile.ts'
import { subjectProblem } from './rules/subject.ts'
import type { Property, TypeDefinition } from './type-definition.ts'

/**
 * What neither schema nor library checks, and what Chesil demands beyond FHIR R4. One walk over the
 * elements that are there, each with what its definition says of it; the rules are in `rules/`.
 * Expects that the layers before found nothing.
 */
export function createRulesLayer(definitions: Definitions): Layer {
  return (resource) => {
    const issues: ValidationIssue[] = []
    walkResource(resource, { definitions, container: resource, place: [resource.resourceType], issues })
    return issues
  }
}

interface Walk {
  readonly definitions: Definitions
  /** Where a reference `#id` finds its target: the resource itself, or the one that contains it. */
  readonly container: Resource
  /** Where the walk is now. */
  readonly place: (string | number)[]
  readonly issues: ValidationIssue[]
}

function report(message: string | undefined, { place, issues }: Walk): void {
  if (message === undefined || issues.length >= maximumIssues) return
  issues.push({ layer: 'rules', expression: placeToExpression(place), message })
}

function walkResource(resource: Resource, walk: Walk): void {
  const definition = walk.definitions.findType(resource.resourceType)
  if (!definition) return
  report(profileProblem(resource), walk)
  if (resource === walk.container) {
    report(subjectProblem(resource, definition), walk)
    for (const problem of containedProblems(resource)) report(problem, walk)
  }
  walkObject(resource, definition, walk)
}

function walkObject(object: object, definition: TypeDefinition, walk: Walk): void {
  let chosen: Map<string, string> | undefined
  for (const [name, value] of Object.entries(object)) {
    const bareName = name.startsWith('_') ? name.slice(1) : name
    const property = definition.properties.get(bareName)
    if (value === undefined || !property) continue
    walk.place.push(property.element)
    if (property.isChoice) {
      chosen ??= new Map()
      report(choiceProblem(bareName, property, chosen), walk)
    }
    walkItems(value, name === bareName ? property : extensionOf(property), walk)
    walk.place.pop()
  }
}

/** https://hl7.org/fhir/R4/formats.html#choice: one type at a time, and its extension is of that type. */
function choiceProblem(name: string, { element }: Property, chosen: Map<string, string>): string | undefined {
  const first = chosen.get(element) ?? name
  chosen.set(element, first)
  return first === name ? undefined : 'Has more than one type where one is to be chosen'
}

/** What stands beside a primitive as `_name`: its id and its extensions. */
const extensionOf = (property: Property): Property => ({
  ...property,
  type: 'Element',
  isPrimitive: false,
  codes: undefined
})

function walkItems(value: unknown, property: Property, walk: Walk): void {
  if (!Array.isArray(value)) {
    walkValue(value, property, walk)
    return
  }
  if (value.length === 0) report('Is empty', walk)
  for (const [index, item] of value.entries()) {
    walk.place.push(index)
    walkValue(item, property, walk)
    walk.place.pop()
  }
}

function walkValue(value: unknown, property: Property, walk: Walk): void {
  if (property.isPrimitive) report(primitiveProblem(value, property), walk)
  else if (property.type === 'Resource') walkNested(value as Resource, property, walk)
  else if (typeof value === 'object' && value !== null) walkComplex(value, property, walk)
}

function walkComplex(value: object, property: Property, walk: Walk): void {
  const definition = walk.definitions.findType(property.type)
  if (!definition) return
  report(dataTypeProblem(value, property, definition, walk), walk)
  walkObject(value, definition, walk)
}

/** What is contained shares its container's local ids; a resource in a Bundle stands for itself. */
function walkNested(resource: Resource, { element }: Property, walk: Walk): void {
  walkResource(resource, element === 'contained' ? walk : { ...walk, container: resource })
}
