import {
  defined,
  type Encounter,
  type EncounterDiagnosis,
  type EncounterLocation,
  type EncounterParticipant,
  systems
} from '@chesil/fhir'
import { count, each, type Json } from '../../json.ts'
import { findCode, same, toCode, toConcept, toConcepts } from '../elements/coding.ts'
import { toPeriod } from '../elements/dates.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import { toDuration } from '../elements/quantity.ts'
import { organisations, practitioners, targets, toReference, toReferences } from '../elements/references.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'

const statuses = same(
  ...(['planned', 'arrived', 'triaged', 'in-progress', 'onleave'] as const),
  ...(['finished', 'cancelled', 'entered-in-error', 'unknown'] as const)
)
const locationStatuses = same('planned', 'active', 'reserved', 'completed')
const ambulatory = { system: systems.actCode, code: 'AMB', display: 'ambulatory' }

/**
 * A consultation. R4 wants a class, STU3 as GP Connect uses it has none: general practice is ambulatory care.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-encounter
 */
export function toEncounter(source: Json, item: Item): Encounter {
  return defined({
    resourceType: 'Encounter' as const,
    identifier: toIdentifiers(source['identifier'], item),
    status: toCode(source['status'], statuses, 'unknown', { label: 'Status', item }),
    class: ambulatory,
    type: toConcepts(source['type'], 'Type', item),
    priority: toConcept(source['priority'], 'Priority', item),
    subject: subjectOf(item),
    basedOn: toReferences(source['incomingReferral'], item, targets('ServiceRequest')),
    participant: each(source['participant'], (participant) => toParticipant(participant, item)),
    period: toPeriod(source['period'], 'Consultation', item),
    length: toDuration(source['length'], 'Length', item),
    reasonCode: toConcepts(source['reason'], 'Reason', item),
    diagnosis: each(source['diagnosis'], (diagnosis) => toDiagnosis(diagnosis, item)),
    location: each(source['location'], (location) => toLocation(location, item)),
    serviceProvider: toReference(source['serviceProvider'], item, organisations),
    partOf: toReference(source['partOf'], item, targets('Encounter'))
  })
}

function toParticipant(source: Json, item: Item): EncounterParticipant | undefined {
  const participant = defined({
    type: toConcepts(source['type'], 'Participation', item),
    period: toPeriod(source['period'], 'Participation', item),
    individual: toReference(source['individual'], item, practitioners)
  })
  return Object.keys(participant).length > 0 ? participant : undefined
}

function toDiagnosis(source: Json, item: Item): EncounterDiagnosis | undefined {
  const condition = toReference(source['condition'], item, targets('Condition', 'Procedure'))
  if (condition === undefined) return undefined
  const rank = count(source['rank']) || undefined
  return defined({ condition, use: toConcept(source['role'], 'Diagnosis', item), rank })
}

function toLocation(source: Json, item: Item): EncounterLocation | undefined {
  const location = toReference(source['location'], item, targets('Location'))
  if (location === undefined) return undefined
  const status = findCode(source['status'], locationStatuses, { label: 'Location status', item })
  return defined({ location, status, period: toPeriod(source['period'], 'Location', item) })
}
