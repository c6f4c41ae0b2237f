import type { Reference, Resource } from '@chesil/fhir'
import type { Definitions } from '../definitions.ts'
import { mayBePatient, type Property } from '../type-definition.ts'

export interface ReferenceScene {
  readonly definitions: Definitions
  /** The resource whose contained resources `#id` names. */
  readonly container: Resource
}

/** What a reference names: a resource type if it shows one. */
interface Target {
  readonly type: string | undefined
}

const id = '[A-Za-z0-9\\-.]{1,64}'
const relative = new RegExp(`^([A-Z][A-Za-z]+)/${id}(?:/_history/${id})?$`)
const absolute = new RegExp(`^https?://[^\\s?]+/([A-Z][A-Za-z]+)/${id}(?:/_history/${id})?$`)
/** URLs that are no FHIR server's, and names within a message. */
const opaque = /^(?:https?:\/\/|urn:uuid:|urn:oid:)\S+$/
/** `#` is the container itself: what stands in a Patient refers so to its Patient. */
const person = new RegExp(`^(?:#|Patient/${id})$`)

/**
 * A reference is written as one, is to a type that may stand here and is consistent with its `type`; `#id`
 * is contained (ref-1). Beyond R4: a person is `Patient/{id}`, one of ours, or is named by identifier
 * alone; a reference that could be to a person elsewhere is refused, because nobody could tell whose it is.
 *
 * @returns what is wrong; `undefined` when nothing is.
 * @see https://hl7.org/fhir/R4/references.html#literal
 */
export function referenceProblem(
  { reference, type }: Reference,
  property: Property,
  scene: ReferenceScene
): string | undefined {
  if (type !== undefined && !scene.definitions.isResourceType(type))
    return 'Has a type that is no FHIR R4 resource'
  const target = reference === undefined ? { type } : findTarget(reference, scene)
  if (!target) return 'Is not a reference: Type/id, an absolute URL, or #id of a contained resource'
  if (target.type && type && target.type !== type) return 'Refers to another type than it says'
  return (
    targetProblem(target.type ?? type, property) ?? personProblem(reference, target.type ?? type, property)
  )
}

const targetProblem = (type: string | undefined, { targets }: Property): string | undefined =>
  type && targets?.has(type) === false ? 'Refers to a type that may not stand here' : undefined

function personProblem(
  reference: string | undefined,
  type: string | undefined,
  property: Property
): string | undefined {
  const isPerson = type === 'Patient' || (type === undefined && mayBePatient(property))
  if (!isPerson || reference === undefined || person.test(reference)) return undefined
  return 'Refers, or may refer, to a person otherwise than as Patient/{id} or by identifier'
}

function findTarget(reference: string, { definitions, container }: ReferenceScene): Target | undefined {
  if (reference.startsWith('#')) return findContained(reference.slice(1), container)
  const [, type] = relative.exec(reference) ?? []
  if (type) return definitions.isResourceType(type) ? { type } : undefined
  if (!opaque.test(reference)) return undefined
  const [, typeAtServer = ''] = absolute.exec(reference) ?? []
  return { type: definitions.isResourceType(typeAtServer) ? typeAtServer : undefined }
}

function findContained(localId: string, container: Resource): Target | undefined {
  if (localId === '') return { type: container.resourceType }
  const contained = 'contained' in container ? (container.contained ?? []) : []
  const found = contained.find((resource) => resource.id === localId)
  return found && { type: found.resourceType }
}
