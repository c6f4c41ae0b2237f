import { findDateInterval, londonDay, type Resource } from '@chesil/fhir'
import { currencyOf } from './clinical-words.ts'
import { codeText } from './fhir-text.ts'

const error = 'entered-in-error'
const over: Readonly<Record<string, ReadonlySet<string>>> = {
  AllergyIntolerance: new Set(['inactive', 'resolved', 'refuted', error]),
  Condition: new Set(['inactive', 'resolved', 'remission', 'refuted', error]),
  MedicationStatement: new Set(['completed', 'stopped', 'not-taken', error]),
  MedicationRequest: new Set(['completed', 'stopped', 'cancelled', error]),
  Flag: new Set(['inactive', error]),
  EpisodeOfCare: new Set(['finished', 'cancelled', error]),
  Device: new Set(['inactive', error]),
  CarePlan: new Set(['completed', 'revoked', error]),
  CareTeam: new Set(['inactive', error]),
  Task: new Set(['completed', 'cancelled', 'rejected', 'failed', error]),
  Appointment: new Set(['cancelled', 'noshow', 'fulfilled', error]),
  ServiceRequest: new Set(['completed', 'revoked', error])
}
const inError: ReadonlySet<string> = new Set([error, 'cancelled'])

/**
 * Whether an item is over by what its source says: ended, resolved, taken back, gone by. What has no status, or one
 * that nobody knows, is not.
 *
 * @param now ms since 1970
 */
export function isOver(resource: Resource, now: number): boolean {
  if (resource.resourceType === 'RelatedPerson')
    return resource.active === false || isGone(resource.period?.end, now)
  if (resource.resourceType === 'MedicationStatement') {
    const currency = currencyOf(resource)
    if (currency !== undefined) return currency === 'past'
    if (isGone(resource.effectivePeriod?.end, now)) return true
  }
  if (resource.resourceType === 'Appointment' && isGone(resource.start, now)) return true
  const statuses = over[resource.resourceType] ?? inError
  return statusesOf(resource).some((status) => statuses.has(status))
}

/** By the day, in London: what was to come this morning is not yet gone this evening. */
function isGone(start: string | undefined, now: number): boolean {
  const interval = start === undefined ? undefined : findDateInterval(start)
  return interval !== undefined && londonDay(interval.low) < londonDay(now)
}

function statusesOf(resource: Resource): readonly string[] {
  if (resource.resourceType === 'AllergyIntolerance' || resource.resourceType === 'Condition') {
    const { clinicalStatus, verificationStatus } = resource
    return [codeText(clinicalStatus) ?? '', codeText(verificationStatus) ?? '']
  }
  const { status } = resource as { readonly status?: string }
  return status === undefined ? [] : [status]
}
