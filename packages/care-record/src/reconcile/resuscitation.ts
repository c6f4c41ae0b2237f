import { type Resource, systems } from '@chesil/fhir'

/** SNOMED CT, as the Summary Care Record's inclusion set has them. */
const decisions: ReadonlyMap<string, string> = new Map([
  ['304252001', 'for resuscitation'],
  ['450475007', 'for resuscitation'],
  ['304253006', 'not for resuscitation'],
  ['450476008', 'not for resuscitation']
])
const holders: ReadonlySet<string> = new Set([
  'Flag',
  'Condition',
  'Observation',
  'Procedure',
  'CarePlan',
  'Consent',
  'ServiceRequest',
  'QuestionnaireResponse'
])
/** No longer, or never, said. */
const over: ReadonlySet<string> = new Set([
  'entered-in-error',
  'inactive',
  'resolved',
  'remission',
  'refuted',
  'revoked',
  'cancelled',
  'rejected',
  'not-done'
])

/** Those of which a record has thousands tell it in one of these. */
function tellingParts(resource: Resource): unknown {
  if (resource.resourceType === 'Observation') {
    const told = [resource, ...(resource.component ?? [])].filter(
      ({ valueBoolean }) => valueBoolean !== false
    )
    return told.map(({ code, valueCodeableConcept }) => [code, valueCodeableConcept])
  }
  return 'code' in resource && resource.resourceType !== 'Flag' ? resource.code : resource
}

/** @returns what is decided for this person, wherever in the resource the code stands. */
export function resuscitationIn(resource: Resource): ReadonlySet<string> {
  const found = new Set<string>()
  if (holders.has(resource.resourceType) && !isOver(resource)) collect(tellingParts(resource), found)
  return found
}

function isOver(resource: Resource): boolean {
  if ('status' in resource && typeof resource.status === 'string' && over.has(resource.status)) return true
  if (resource.resourceType !== 'Condition') return false
  const stated = [resource.clinicalStatus, resource.verificationStatus]
  return stated.some((concept) => concept?.coding?.some(({ code }) => over.has(code ?? '')))
}

function collect(value: unknown, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  const { system, code } = value as { readonly system?: unknown; readonly code?: unknown }
  const decision = typeof code === 'string' && snomed.has(system) ? decisions.get(code) : undefined
  if (decision !== undefined) found.add(decision)
  for (const inner of Object.values(value)) collect(inner, found)
}

const snomed: ReadonlySet<unknown> = new Set([systems.snomed, systems.dmd])

const dates = [
  'effectiveDateTime',
  'onsetDateTime',
  'performedDateTime',
  'authored',
  'authoredOn',
  'created',
  'dateTime',
  'recordedDate'
] as const

/** ISO 8601, when it was decided or written, empty where nothing tells: the latest of a source counts. */
export function decidedAt(resource: Resource): string {
  if ('period' in resource && typeof resource.period === 'object' && 'start' in resource.period)
    return resource.period.start ?? ''
  const told = new Map<string, unknown>(Object.entries(resource))
  const text = dates.map((name) => told.get(name)).find((value) => typeof value === 'string')
  return typeof text === 'string' ? text : ''
}
