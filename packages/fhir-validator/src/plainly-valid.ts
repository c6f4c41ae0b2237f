import type { Resource } from '@chesil/fhir'
import { fhirTypeToJsType, isValidCalendarDate, validationRegexes } from '@medplum/core'
import type { Definitions } from './definitions.ts'
import { type Invariant, invariantHolds, type Typed } from './invariant.ts'
import type { Property, TypeDefinition } from './type-definition.ts'

/**
 * Whether `validateResource` of `@medplum/core` would certainly find no error in this resource.
 *
 * That function looks for every element that a type may have, present or not, and takes 150 to 270 µs.
 * This one looks at the elements that are there. When it meets anything amiss or out of the ordinary (a
 * contained resource, an extension on a primitive, base64, a null) it answers `false` and the library
 * decides: a wrong `false` costs time only, and a wrong `true` is what the tests compare with the library.
 */
export function isPlainlyValid(
  resource: Resource,
  definition: TypeDefinition,
  definitions: Definitions
): boolean {
  const scene = { resource, definitions }
  const input = { type: definition.type, value: resource }
  return isPlainObject(resource, definition, scene) && fulfils(definition.invariants, input, scene)
}

interface Scene {
  readonly resource: Resource
  readonly definitions: Definitions
}

function isPlainObject(object: object, definition: TypeDefinition, scene: Scene): boolean {
  let count = 0
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined || (name === 'resourceType' && object === scene.resource)) continue
    const property = definition.properties.get(name)
    if (!property || !isPlainProperty(value, property, scene)) return false
    count += 1
  }
  const isPresent = (name: string) => (object as Readonly<Record<string, unknown>>)[name] !== undefined
  return count > 0 && definition.required.every((names) => names.some(isPresent))
}

function isPlainProperty(value: unknown, property: Property, scene: Scene): boolean {
  if (!property.isArray) return isPlainValue(value, property, scene)
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((item) => isPlainValue(item, property, scene))
}

function isPlainValue(value: unknown, property: Property, scene: Scene): boolean {
  const { type, isPrimitive, invariants } = property
  const isPlain = isPrimitive ? isPlainPrimitive(value, type) : isPlainComplex(value, type, scene)
  return isPlain && fulfils(invariants, { type, value }, scene)
}

function isPlainComplex(value: unknown, type: string, scene: Scene): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || type === 'Resource') return false
  const definition = scene.definitions.findType(type)
  return definition !== undefined && isPlainObject(value, definition, scene)
}

/** With nothing contained, the invariants that begin so are true: dom-2 to dom-5. */
const fulfils = (invariants: readonly Invariant[], input: Typed, { resource }: Scene): boolean =>
  invariants.every(
    (invariant) => invariant.expression.startsWith('contained.') || invariantHolds(invariant, input, resource)
  )

function isPlainPrimitive(value: unknown, type: string): boolean {
  if (typeof value === 'string') return jsType(type) === 'string' && isPlainString(value, type)
  if (typeof value === 'number') return jsType(type) === 'number' && isPlainNumber(value, type)
  return typeof value === 'boolean' && jsType(type) === 'boolean'
}

const jsType = (type: string): string => fhirTypeToJsType[type as keyof typeof fhirTypeToJsType]

const smallest: ReadonlyMap<string, number> = new Map([
  ['integer', -(2 ** 31)],
  ['unsignedInt', 0],
  ['positiveInt', 1]
])

function isPlainNumber(value: number, type: string): boolean {
  if (type === 'decimal') return Number.isFinite(value)
  return Number.isInteger(value) && value >= (smallest.get(type) ?? 1) && value < 2 ** 31
}

/** https://hl7.org/fhir/R4/datatypes.html#string */
const maximumLength = 1024 * 1024
const dateTypes: ReadonlySet<string> = new Set(['date', 'dateTime', 'instant'])

function isPlainString(value: string, type: string): boolean {
  if (type === 'base64Binary' || value.length > maximumLength || !/\S/.test(value)) return false
  if (validationRegexes[type]?.test(value) === false) return false
  return !dateTypes.has(type) || isValidCalendarDate(value)
}
