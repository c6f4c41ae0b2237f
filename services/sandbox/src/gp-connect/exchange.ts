import { findNhsNumber, type NhsNumber, systems } from '@chesil/fhir'
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { consumerAsids } from '../world/reading-organisations.ts'
import {
  isDisclosed,
  type PersonState,
  type PracticeInterface,
  type PracticeState,
  type World
} from '../world/world.ts'
import { practiceRoot } from './addresses.ts'
import { checkHeaders } from './headers.ts'
import { createPayload, type Payload } from './payload.ts'
import { type Refusal, refuse } from './refusal.ts'
import { checkToken } from './token.ts'

/** What a practice answers, when it answers. */
export interface Answer {
  /** What differs from answer to answer. */
  readonly head: string
  readonly payload: Payload
}

export const isRefusal = (answer: object): answer is Refusal => 'code' in answer

export const resourceAnswer = (resource: object): Answer => ({
  head: '',
  payload: createPayload(JSON.stringify(resource))
})

export interface Interaction {
  readonly id: string
  readonly interface: PracticeInterface
  /** Whether it is about a person; otherwise about the practice. */
  readonly aboutPerson: boolean
}

const interaction = (suffix: string, of: PracticeInterface, aboutPerson = true): Interaction => ({
  id: `urn:nhs:names:services:gpconnect:${suffix}`,
  interface: of,
  aboutPerson
})

/** @see https://developer.nhs.uk/apis/gpconnect-1-6-2/integration_interaction_ids.html */
export const interactions = {
  structuredRecord: interaction('fhir:operation:gpc.getstructuredrecord-1', 'structured'),
  structuredMetadata: interaction('structured:fhir:rest:read:metadata-1', 'structured', false),
  findPatient: interaction('documents:fhir:rest:search:patient-1', 'documents'),
  listDocuments: interaction('documents:fhir:rest:search:documentreference-1', 'documents'),
  readBinary: interaction('documents:fhir:rest:read:binary-1', 'documents'),
  documentsMetadata: interaction('documents:fhir:rest:read:metadata-1', 'documents', false)
} as const

type ExchangeDeps = Pick<Deps, 'now' | 'publicUrl'>

/** @returns the first thing that is wrong with headers and token of a request for an interaction. */
export function checkExchange(
  request: FastifyRequest,
  { practice }: PracticeState,
  { interaction, deps }: { readonly interaction: Interaction; readonly deps: ExchangeDeps }
): Refusal | undefined {
  const refusal = checkHeaders(request.headers, {
    interaction: interaction.id,
    practiceAsid: practice.asid,
    consumerAsids,
    hasBody: request.method === 'POST'
  })
  if (refusal) return refusal
  // Who comes through a proxy knows us by the proxy's address.
  const origins = [deps.publicUrl(), `${request.protocol}://${request.host}`]
  const roots = origins.map((origin) => practiceRoot(origin, practice.odsCode))
  const read = interaction.aboutPerson ? 'patient/*.read' : 'organization/*.read'
  return checkToken(request.headers.authorization, {
    audiences: roots.flatMap((root) => [root, `${root}/${interaction.interface}`]),
    scopes: interaction.aboutPerson
      ? [read, `${read} conf/N`]
      : [read, 'patient/*.read', 'patient/*.read conf/N'],
    now: deps.now()
  })
}

/** @param value As in a search: `system|number`. */
export function readIdentifier(value: unknown): NhsNumber | Refusal {
  if (typeof value !== 'string') return refuse('INVALID_PARAMETER', 'identifier has to be given once')
  const [system, number = ''] = value.split('|')
  if (system !== systems.nhsNumber) return refuse('INVALID_IDENTIFIER_SYSTEM', 'identifier')
  return (number.length === 10 && findNhsNumber(number)) || refuse('INVALID_NHS_NUMBER', 'identifier')
}

type Wanted = (state: PersonState) => boolean

/**
 * Of whom the practice speaks, as it behaves just now. Who is sensitive, dead or registered elsewhere is not
 * told from who is unknown.
 *
 * @returns `undefined` for nobody.
 */
export function findDisclosed(
  { practice, behaviour }: PracticeState,
  world: World,
  wanted: Wanted
): PersonState | Refusal | undefined {
  if (behaviour.kind === 'not-found') return refuse('PATIENT_NOT_FOUND')
  if (behaviour.kind === 'no-consent') return refuse('NO_PATIENT_CONSENT')
  const found = world.registeredAt(practice.odsCode).find((state) => isDisclosed(state) && wanted(state))
  if (!found || behaviour.kind !== 'other-patient') return found
  return world.people.find((other) => other !== found && isDisclosed(other) && !other.dissents)
}

/** The same for content, which needs the person's consent. */
export function findConsenting(practice: PracticeState, world: World, wanted: Wanted): PersonState | Refusal {
  const found = findDisclosed(practice, world, wanted)
  if (!found) return refuse('PATIENT_NOT_FOUND')
  if (isRefusal(found)) return found
  return found.dissents ? refuse('NO_PATIENT_CONSENT') : found
}
