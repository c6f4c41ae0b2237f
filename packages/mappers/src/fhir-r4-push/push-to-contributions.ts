import type { ContributionEntry, LocalIdentifier, MappedMessage } from '@chesil/contracts'
import { chesil, findNhsNumber, type Patient, type Resource, systems } from '@chesil/fhir'
import type { FhirR4Context } from '../fhir-r4/context.ts'
import { mapItem, type Place } from '../fhir-r4/map-item.ts'
import type { Candidate } from '../fhir-r4/read-answer.ts'
import type { Scope } from '../fhir-r4/references.ts'
import type { Json } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import type { FhirPush, FhirPushSource, PushedItem } from './items.ts'
import { isItem, kindOf } from './kinds.ts'
import { createNaming } from './named-beside.ts'
import { createParts, type Part, type Parts } from './parts.ts'
import { ownPatient, type PushedPerson } from './persons.ts'
import {
  type Elsewhere,
  elsewhere,
  type PushedItemTold,
  type PushedTelling,
  patientNumbered,
  tellingsOf
} from './told.ts'

export interface FhirPushContext extends MessageContext, FhirPushSource, Pick<FhirR4Context, 'isValid'> {
  readonly source: FhirPushSource['source']
}

/** By item, see `tellingsOf`: what this push says, and what all others said. */
export type PushedItemsTold = ReadonlyMap<string, readonly PushedItemTold[]>

/**
 * Maps what a partner's system pushed to UK Core R4: a part for each person and each place in the source's order, so
 * that every item stands by its own time, whatever it came with.
 *
 * Pure and repeatable: whatever arrives first, and however often, all of it folds to what the last version says.
 */
export function fhirR4PushToContributions(
  push: FhirPush,
  told: PushedItemsTold,
  context: FhirPushContext
): MappedMessage {
  const parts = createParts(push)
  const map = createMapping(push, context)
  for (const item of push.items) {
    const { entry, person, isDeleted } = item
    if (!person) continue
    const part = parts.at(person.subject.local, entry.version, isDeleted ? 'deleted' : 'said')
    tell(item, person, part, map)
  }
  tellElsewhere(push, told, parts, context)
  const times = push.items.map(({ entry }) => entry.version.time)
  return {
    outcome: 'mapped',
    sourceTime: times.reduce((a, b) => (a > b ? a : b)),
    sourceSequence: 0,
    parts: parts.all()
  }
}

/** Whose items and numbers they are not, or no longer. */
function tellElsewhere(push: FhirPush, told: PushedItemsTold, parts: Parts, context: FhirPushContext): void {
  for (const telling of tellingsOf(push, context)) {
    const others = elsewhere(telling, told.get(telling.item) ?? [])
    const patientId = patientNumbered(telling.item)
    if (patientId !== undefined) linkNumbers(ownPatient(patientId, context), telling, others, parts)
    else
      for (const { local, place, ...at } of others)
        parts.at(local, at, place).entries.push(toWithdrawal(telling.item))
  }
}

/** The trust's own number of a Patient is theirs for as long as the Patient has it: it may have been mistyped. */
function linkNumbers(
  from: LocalIdentifier,
  telling: PushedTelling,
  others: readonly Elsewhere[],
  parts: Parts
): void {
  if (telling.local)
    parts.at(from, telling, 'said').identity.push({ kind: 'link', from, into: telling.local })
  for (const { local: into, place, ...at } of others)
    parts.at(from, at, place).identity.push({ kind: 'unlink', from, into })
}

/** @param name E.g. `Observation/o1`. */
function toWithdrawal(name: string): ContributionEntry {
  const type = name.slice(0, name.indexOf('/'))
  return {
    resourceType: type as Resource['resourceType'],
    sourceResourceId: name,
    sections: [sectionOf(type)]
  }
}

const sectionOf = (type: string): Place['section'] =>
  type === 'Patient' ? 'demographics' : (kindOf(type)?.section ?? 'uncategorised')

type Mapping = (item: PushedItem, person: PushedPerson) => Resource | undefined

function tell(item: PushedItem, person: PushedPerson, part: Part, map: Mapping): void {
  const { entry, name, isDeleted } = item
  const { type, source = {} } = entry
  if (isDeleted) return void part.entries.push(toWithdrawal(name))
  const keepOut = (expression: string) =>
    part.quarantined.push({
      ...{ reason: 'invalid', resourceType: type, sourceResourceId: name },
      ...{ sections: [sectionOf(type)], expression }
    })
  if (source['implicitRules'] !== undefined) return void keepOut(`${type}.implicitRules`)
  const resource = map(item, person)
  if (!resource) return void keepOut(type)
  part.entries.push({
    resourceType: resource.resourceType,
    sourceResourceId: name,
    resource,
    sections: [sectionOf(type)]
  })
}

function createMapping(push: FhirPush, context: FhirPushContext): Mapping {
  const { resourceId, isValid } = context
  const source = { ...context.source, baseUrl: push.bases[0] ?? '' }
  const included = push.beside.map((one) => ({ ...one, source: one.source ?? {} }))
  const withNames = createNaming(push)
  return (item, { subject, named: person }) => {
    const { type, id, fullUrl } = item.entry
    const isPatient = type === 'Patient'
    const patientId = context.personId(subject.local)
    const candidate = { type, id, fullUrl, source: withNames(item) }
    const place: Place = {
      id: resourceId(type, item.name),
      section: sectionOf(type),
      tags: isPatient ? ['sourceClaim'] : []
    }
    // An item has Chesil's id whether it has come or not: each may come by itself, and in any order.
    const findItem: Scope['findItem'] = (target) =>
      isItem(target.type) ? resourceId(target.type, `${target.type}/${target.id}`) : undefined
    const mapped = mapItem(isPatient ? asClaim(candidate) : candidate, place, {
      scope: { person: { ...person, bases: push.bases }, patientId, named: new Map(), findItem },
      included,
      context: { patientId, resourceId, source, person: { nhsNumbers: [] }, isValid }
    })
    return mapped?.resourceType === 'Patient' ? asClaimed(mapped, source.odsCode) : mapped
  }
}

/** Whose photo it is, and whom else the person may be, is not taken over. */
function asClaim(candidate: Candidate): Candidate {
  const { link: _, photo: _photo, ...source }: Json = candidate.source
  return { ...candidate, source }
}

/** A number that fails its check digit is not an NHS number: it stays as what the sender claims. */
function asClaimed(patient: Patient, odsCode: string): Patient {
  if (!Array.isArray(patient.identifier)) return patient
  const identifier = patient.identifier.map((one) => {
    if (one?.system !== systems.nhsNumber || typeof one.value !== 'string') return one
    const value = findNhsNumber(one.value)
    return value === undefined
      ? { system: chesil.claimedNhsNumber(odsCode), value: one.value }
      : { ...one, value }
  })
  return { ...patient, identifier }
}
