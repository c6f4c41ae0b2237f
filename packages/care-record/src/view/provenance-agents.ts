import { type ProvenanceAgent, type Resource, systems } from '@chesil/fhir'
import { isObject, valuesIn } from './element-values.ts'

/** Whose words an item is made of. */
export interface ProvenanceSource {
  readonly name: string
  /** Absent for what is no organisation, such as PDS. */
  readonly odsCode?: string
}

/** Where types say who; of `participant`, the person within. */
const agentsAt: readonly (readonly [path: string, type: AgentType])[] = [
  ['author', 'author'],
  ['recorder', 'author'],
  ['requester', 'author'],
  ['source', 'informant'],
  ['performer', 'performer'],
  ['performer.actor', 'performer'],
  ['careManager', 'performer'],
  ['serviceProvider', 'performer'],
  ['asserter', 'informant'],
  ['informationSource', 'informant'],
  ['authenticator', 'verifier'],
  ['resultsInterpreter', 'verifier'],
  ['custodian', 'custodian'],
  ['managingOrganization', 'custodian']
]

/** Whom these name as performer is asked to do it; whether they did, they do not say. */
const isRequest = (resourceType: string): boolean => resourceType.endsWith('Request')

/** @see https://hl7.org/fhir/R4/valueset-provenance-agent-type.html */
type AgentType = 'author' | 'performer' | 'informant' | 'verifier' | 'custodian'
const agentTypes = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type'

/** Who said an item and who did what it tells of, as it names them. */
export function agentsOf(resource: Resource): readonly ProvenanceAgent[] {
  const places = isRequest(resource.resourceType)
    ? agentsAt.filter(([, type]) => type !== 'performer')
    : agentsAt
  const named = places.flatMap(([path, type]) =>
    valuesIn(resource, path).flatMap((who) => {
      const known = toAgent(who)
      return known ? [agent(type, known)] : []
    })
  )
  const found = [...named, ...takingPart(resource).map((who) => agent('performer', who))]
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()]
}

/**
 * Who took part, of a stay and of an appointment: not the person whom it is about, nor who only referred them, nor who
 * will not come. The members of a team took part in nothing.
 */
function takingPart(resource: Resource): readonly ProvenanceAgent['who'][] {
  if (resource.resourceType !== 'Encounter' && resource.resourceType !== 'Appointment') return []
  return valuesIn(resource, 'participant').flatMap((participant) => {
    if (!isObject(participant) || participant['status'] === 'declined') return []
    const codes = valuesIn(participant, 'type.coding.code')
    if (codes.includes('REF')) return []
    const who = toAgent(participant['individual'] ?? participant['actor'])
    return who && !/^(Patient|RelatedPerson)\//.test(who.reference ?? '') ? [who] : []
  })
}

/** A reference that names somebody: not a place. What an item contains is not within reach, only what is called so. */
function toAgent(value: unknown): ProvenanceAgent['who'] | undefined {
  if (!isObject(value)) return undefined
  const { reference, ...called } = value
  if (typeof reference === 'string' && !reference.startsWith('#'))
    return /^(Location|HealthcareService|Device)\//.test(reference) ? undefined : value
  return isObject(called['identifier']) || typeof called['display'] === 'string' ? called : undefined
}

const agent = (type: AgentType, who: ProvenanceAgent['who']): ProvenanceAgent => ({
  type: { coding: [{ system: agentTypes, code: type }] },
  who
})

/** Whose system holds it, and therefore who is to be asked. */
export const custodian = ({ name, odsCode }: ProvenanceSource): ProvenanceAgent =>
  agent('custodian', {
    ...(odsCode !== undefined && {
      type: 'Organization',
      identifier: { system: systems.odsOrganisation, value: odsCode }
    }),
    display: name
  })
