import type { ElementDefinition, StructureDefinition } from '@chesil/fhir'
import { loadDataType, tryGetDataType } from '@medplum/core'
import { type DefinitionBundle, openDefinitionBundle } from './definition-bundle.ts'
import { readPatientElements } from './patient-compartment.ts'
import { type DefinitionContext, schemaToTypeDefinition, type TypeDefinition } from './type-definition.ts'
import { createValueSets } from './value-sets.ts'

/** The structure definitions of FHIR R4. */
export interface Definitions {
  /**
   * @returns `undefined` when R4 has no such type. A resource type's definition is read when it is first
   *   asked for, which takes some milliseconds.
   */
  readonly findType: (type: string) => TypeDefinition | undefined
  /** @returns whether resources of this type exist: `DomainResource` and types that are not R4 do not. */
  readonly isResourceType: (type: string) => boolean
}

const root = 'http://hl7.org/fhir/StructureDefinition/'
const abstractTypes = ['Resource', 'DomainResource'] as const
/** The bundle of the resources also has operations and compartments. */
const isStructure = (url: string): boolean => url.startsWith(root)

/**
 * Loads the data types now and resource types as they are needed into the registry of `@medplum/core`,
 * which the whole process shares and its `validateResource` reads.
 */
export function createDefinitions(): Definitions {
  const dataTypes = openDefinitionBundle('profiles-types.json')
  const resources = openDefinitionBundle('profiles-resources.json')
  for (const url of dataTypes.urls) load(dataTypes, url)
  for (const type of abstractTypes) load(resources, root + type)

  const resourceTypes = new Set([...resources.urls].filter(isStructure).map((url) => url.slice(root.length)))
  for (const type of abstractTypes) resourceTypes.delete(type)
  const isResourceType = (type: string) => resourceTypes.has(type)

  const context = { findCodes: createValueSets().findCodes, patientElements: readPatientElements() }
  const read = (type: string) => {
    if (isResourceType(type)) load(resources, root + type)
    return findTypeDefinition(type, context)
  }
  return { isResourceType, findType: rememberFound(read) }
}

/** What is absent is not remembered: a hostile sender could name types without end. */
function rememberFound(read: (type: string) => TypeDefinition | undefined): Definitions['findType'] {
  const known = new Map<string, TypeDefinition>()
  return (type) => {
    const found = known.get(type) ?? read(type)
    if (found) known.set(type, found)
    return found
  }
}

function findTypeDefinition(type: string, context: DefinitionContext): TypeDefinition | undefined {
  const schema = tryGetDataType(type)
  return schema && schemaToTypeDefinition(schema, context)
}

function load(bundle: DefinitionBundle, url: string): void {
  const definition = bundle.findEntry(url) as StructureDefinition
  loadDataType({
    ...definition,
    snapshot: { element: (definition.snapshot?.element ?? []).map(withoutProse) }
  })
}

/**
 * The prose is most of a definition and would stay in memory. Warnings and `ele-1`, which stands on every
 * element, are constraints that `validateResource` passes over; it sees empty elements by itself.
 */
function withoutProse(element: ElementDefinition): ElementDefinition {
  const { definition, comment, short, requirements, alias, mapping, example, constraint, ...kept } = element
  const evaluated = constraint?.filter(({ key, severity }) => severity === 'error' && key !== 'ele-1')
  return evaluated ? { ...kept, constraint: evaluated } : kept
}
