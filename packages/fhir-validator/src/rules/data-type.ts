import {
  type CodeableConcept,
  type Coding,
  findNhsNumber,
  type Identifier,
  type Quantity,
  type Reference,
  systems
} from '@chesil/fhir'
import { invariantHolds } from '../invariant.ts'
import type { Property, TypeDefinition } from '../type-definition.ts'
import { type ReferenceScene, referenceProblem } from './reference.ts'

/**
 * What is wrong with a value of one of FHIR's data types.
 *
 * @returns `undefined` when nothing is.
 */
export function dataTypeProblem(
  value: object,
  property: Property,
  definition: TypeDefinition,
  scene: ReferenceScene
): string | undefined {
  return (
    valueProblem(value, property, scene) ??
    codeProblem(value, property) ??
    invariantProblem(value, definition, scene)
  )
}

function valueProblem(value: object, property: Property, scene: ReferenceScene): string | undefined {
  if (property.type === 'Reference') return referenceProblem(value as Reference, property, scene)
  if (property.type === 'Identifier') return identifierProblem(value)
  return property.isSimpleQuantity ? simpleQuantityProblem(value) : undefined
}

/** https://hl7.org/fhir/R4/datatypes.html#SimpleQuantity: sqty-1. */
const simpleQuantityProblem = ({ comparator }: Quantity): string | undefined =>
  comparator === undefined ? undefined : 'Has a comparator where none is allowed'

/** https://www.datadictionary.nhs.uk/attributes/nhs_number.html: ten digits, no spaces. */
function identifierProblem({ system, value }: Identifier): string | undefined {
  if (system !== systems.nhsNumber || value === undefined || findNhsNumber(value) === value) return undefined
  return 'Is not an NHS number: ten digits that pass the check digit'
}

/**
 * A required binding wants one coding of the value set; text alone is not enough.
 *
 * @see https://hl7.org/fhir/R4/terminologies.html#required
 */
function codeProblem(value: CodeableConcept | Coding, { codes }: Property): string | undefined {
  if (!codes) return undefined
  const codings: readonly Coding[] = 'coding' in value ? (value.coding ?? []) : [value as Coding]
  const isBound = codings.some(({ system, code }) => codes.has(`${system}|${code}`))
  return isBound ? undefined : 'Has no code of the value set that is required here'
}

/** `ext-1` is checked where an extension stands, `ref-1` with the other rules of references. */
const checkedElsewhere: ReadonlySet<string> = new Set(['ext-1', 'ref-1'])

/** The library looks at the invariants of an element, not at those of its type, such as `per-1`. */
function invariantProblem(
  value: object,
  { type, invariants }: TypeDefinition,
  { container }: ReferenceScene
): string | undefined {
  const broken = invariants.find(
    (invariant) =>
      !checkedElsewhere.has(invariant.key) && !invariantHolds(invariant, { type, value }, container)
  )
  return broken && `Constraint ${broken.key} not met: ${broken.description}`
}
