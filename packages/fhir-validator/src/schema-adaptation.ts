/** The part of JSON Schema that FHIR's schema uses. */
export interface SchemaNode {
  type?: string
  pattern?: string
  items?: SchemaNode
  anyOf?: SchemaNode[]
  properties?: Record<string, SchemaNode>
  description?: string
  [resourceKeyword]?: boolean
}

/** Our keyword: the value must be a resource, valid by the schema of its own type. */
export const resourceKeyword = 'isResource'

/** In a group that repeats, as only the pattern of base64 has it. */
const repeatedSpaces = '(\\s*('

/**
 * Changes the definitions of FHIR's published schema where it is too loose, too strict or dangerous.
 *
 * - An object must be one: `properties` alone lets text and numbers pass.
 * - `xhtml` has no type at all; `Resource` and `integer64` are referred to and not defined.
 * - An array of primitives may hold null beside an array of their extensions; that both are not null is
 *   seen to by the next layer (https://hl7.org/fhir/R4/json.html#primitive).
 * - The pattern of inline base64 takes exponential time on hostile text; the next layer checks base64.
 */
export function adaptSchema(definitions: Record<string, SchemaNode>): Record<string, SchemaNode> {
  for (const definition of Object.values(definitions)) {
    delete definition.description
    if (definition.properties) adaptObject(definition, definition.properties)
  }
  const resource: SchemaNode = { type: 'object', [resourceKeyword]: true }
  return {
    ...definitions,
    ResourceList: resource,
    Resource: resource,
    xhtml: { type: 'string' },
    integer64: { type: 'string', pattern: '^(0|-?[1-9][0-9]*)$' }
  }
}

function adaptObject(definition: SchemaNode, properties: Record<string, SchemaNode>): void {
  definition.type = 'object'
  for (const [name, property] of Object.entries(properties)) {
    delete property.description
    delete property.items?.description
    if (property.pattern?.includes(repeatedSpaces)) delete property.pattern
    const isPadded = name.startsWith('_') || Object.hasOwn(properties, `_${name}`)
    if (property.items && isPadded) property.items = { anyOf: [property.items, { type: 'null' }] }
  }
}
