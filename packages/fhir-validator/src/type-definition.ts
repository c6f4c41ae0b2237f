import type { InternalSchemaElement, InternalTypeSchema } from '@medplum/core'
import { fhirTypeToJsType } from '@medplum/core'
import type { Invariant } from './invariant.ts'
import type { ValueSets } from './value-sets.ts'

/** What the structure definitions say of one type, arranged for a walk over JSON. */
export interface TypeDefinition {
  readonly type: string
  /** By name in JSON; a choice has one for each of its types (`valueQuantity`). A Map, so that `constructor` finds nothing. */
  readonly properties: ReadonlyMap<string, Property>
  /** For each mandatory element the names in JSON of which one must be there. */
  readonly required: readonly (readonly string[])[]
  /** Of the type as a whole. Those of a part such as `Observation.component` are with its property. */
  readonly invariants: readonly Invariant[]
  /** The element that names the person, where the type can stand in a patient's compartment by it. */
  readonly patientElement: string | undefined
}

export interface Property {
  /** Name in FHIRPath: `value` for `valueQuantity`. */
  readonly element: string
  /** e.g. `dateTime`, `Quantity`, `ObservationComponent`; `Resource` where any resource may stand. */
  readonly type: string
  readonly isPrimitive: boolean
  readonly isArray: boolean
  readonly isChoice: boolean
  /** Resource types that a reference may name; absent when any. */
  readonly targets: ReadonlySet<string> | undefined
  /** Quantity without a comparator. */
  readonly isSimpleQuantity: boolean
  /**
   * What a required binding allows: codes for an element of type `code`, else `system|code`. Absent when the
   * binding is not required or its codes cannot be enumerated.
   */
  readonly codes: ReadonlySet<string> | undefined
  readonly invariants: readonly Invariant[]
}

export interface DefinitionContext {
  readonly findCodes: ValueSets['findCodes']
  /** Elements by which a type can stand in a patient's compartment, the likeliest first. */
  readonly patientElements: ReadonlyMap<string, readonly string[]>
}

const root = 'http://hl7.org/fhir/StructureDefinition/'
const simpleQuantity = `${root}SimpleQuantity`
/** R4 types the ids of elements so; in JSON they are strings. */
const systemString = 'http://hl7.org/fhirpath/System.String'

/** @param schema As `@medplum/core` has read it from the structure definition. */
export function schemaToTypeDefinition(
  schema: InternalTypeSchema,
  context: DefinitionContext
): TypeDefinition {
  const properties = new Map<string, Property>()
  const required: string[][] = []
  for (const [name, element] of Object.entries(schema.elements)) {
    const found = elementToProperties(name, element, context)
    for (const [jsonName, property] of found) properties.set(jsonName, property)
    if (element.min > 0) required.push(found.map(([jsonName]) => jsonName))
  }
  const candidates = context.patientElements.get(schema.name) ?? []
  return {
    type: schema.name,
    properties,
    required,
    invariants: schema.kind === undefined ? [] : (schema.constraints ?? []),
    patientElement: candidates.find((name) => mayBePatient(properties.get(name)))
  }
}

/** Whether a reference in this place may name a patient. */
export const mayBePatient = (property: Property | undefined): boolean =>
  property?.type === 'Reference' && (property.targets === undefined || property.targets.has('Patient'))

function elementToProperties(
  name: string,
  element: InternalSchemaElement,
  context: DefinitionContext
): [string, Property][] {
  const isChoice = name.endsWith('[x]')
  const elementName = isChoice ? name.slice(0, -3) : name
  return element.type.map((type) => {
    const code = type.code === systemString ? 'string' : type.code
    const property: Property = {
      element: elementName,
      type: code,
      isPrimitive: Object.hasOwn(fhirTypeToJsType, code),
      isArray: element.isArray === true,
      isChoice,
      targets: toTargets(type.targetProfile),
      isSimpleQuantity: type.profile?.includes(simpleQuantity) === true,
      codes: requiredCodes(code, element, context),
      invariants: element.constraints ?? []
    }
    return [isChoice ? elementName + code.charAt(0).toUpperCase() + code.slice(1) : elementName, property]
  })
}

function toTargets(profiles: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (!profiles || profiles.includes(`${root}Resource`)) return undefined
  return new Set(profiles.map((profile) => profile.slice(root.length)))
}

/** The JSON schema lists the codes of most elements of type `code`, not those of `MedicationRequest.status`. */
function requiredCodes(
  type: string,
  { binding }: InternalSchemaElement,
  { findCodes }: DefinitionContext
): ReadonlySet<string> | undefined {
  if (binding?.strength !== 'required' || !binding.valueSet) return undefined
  const codings = findCodes(binding.valueSet)
  if (type === 'code') return codings && new Set(codings.map(({ code }) => code ?? ''))
  if (type !== 'CodeableConcept' && type !== 'Coding') return undefined
  return codings && new Set(codings.map(({ system, code }) => `${system}|${code}`))
}
