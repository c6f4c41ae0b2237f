import {
  chesil,
  findDateInterval,
  type Period,
  type Provenance,
  type ProvenanceAgent,
  type Reference,
  type Resource,
  systems,
  ukCoreProfile
} from '@chesil/fhir'

/** Whose words an item is made of. */
export interface ProvenanceSource {
  readonly name: string
  /** Absent for what is no organisation, such as PDS. */
  readonly odsCode?: string
}

/** Files have the provenance of the document that names them. */
const withoutProvenance: ReadonlySet<string> = new Set(['Provenance', 'Binary'])

export const hasProvenance = (resourceType: string): boolean => !withoutProvenance.has(resourceType)

/**
 * Who said an item, who did what it tells of, where, when, and when it was written down: read off the item, never
 * guessed. Its id is the item's, its version, tags and labels too: who may not see the item may not see this.
 *
 * `recorded` is the source's instant, or else when the item got its wording here, which the extension
 * `received-here` then says; a source's mere day stands beside it as `recorded-by-source`.
 *
 * @param resource As it is shown, with `id` and `meta`.
 * @see https://theprsb.org/standards/ (provenance: author, performer, location, event and recorded dates)
 * @see https://hl7.org/fhir/R4/provenance.html
 */
export function provenanceOf(resource: Resource, source: ProvenanceSource): Provenance {
  const { resourceType, id, meta } = resource
  const said = textsAt(resource, recordedAt)[0]
  const isInstant = said !== undefined && /T.*(Z|[+-]\d\d:\d\d)$/.test(said)
  const recorded = isInstant ? said : meta?.lastUpdated
  const place = placeOf(resource)
  return {
    resourceType: 'Provenance',
    ...(id !== undefined && { id }),
    meta: {
      ...(meta?.versionId !== undefined && { versionId: meta.versionId }),
      ...(meta?.lastUpdated !== undefined && { lastUpdated: meta.lastUpdated }),
      profile: [ukCoreProfile('Provenance')],
      ...(meta?.security && { security: meta.security }),
      ...(meta?.tag && { tag: meta.tag })
    },
    target: [{ reference: `${resourceType}/${id}` }],
    ...occurrenceOf(resource),
    ...(recorded !== undefined && { recorded }),
    ...(!isInstant && { _recorded: { extension: whyNotSaid(said) } }),
    ...(place && { location: place }),
    agent: [...agentsOf(resource), custodian(source)]
  } as Provenance
}

function whyNotSaid(day: string | undefined) {
  return [
    { url: chesil.extension('received-here'), valueBoolean: true },
    ...(day !== undefined && findDateInterval(day)
      ? [{ url: chesil.extension('recorded-by-source'), valueDateTime: day }]
      : [])
  ]
}

/** Where types say when an item was written down, the first that is there. */
const recordedAt = [
  'recordedDate',
  'recorded',
  'issued',
  'authoredOn',
  'dateAsserted',
  'authored',
  'created',
  'date'
]

/** Where types say when it happened, the first that is there. */
const occurredAt = [
  'effectiveDateTime',
  'effectiveInstant',
  'effectivePeriod',
  'onsetDateTime',
  'onsetPeriod',
  'performedDateTime',
  'performedPeriod',
  'occurrenceDateTime',
  'occurrencePeriod',
  'period',
  'executionPeriod',
  'start'
]

function occurrenceOf(resource: Resource): Pick<Provenance, 'occurredDateTime' | 'occurredPeriod'> {
  for (const name of occurredAt) {
    const [value] = valuesAt(resource, name)
    if (typeof value === 'string') return { occurredDateTime: value }
    if (isObject(value)) return { occurredPeriod: value as Period }
  }
  return {}
}

/** Where types say who; of `participant`, `individual` and `member` the person within. */
const agentsAt: readonly (readonly [path: string, type: AgentType])[] = [
  ['author', 'author'],
  ['recorder', 'author'],
  ['requester', 'author'],
  ['source', 'author'],
  ['performer', 'performer'],
  ['performer.actor', 'performer'],
  ['participant.individual', 'performer'],
  ['participant.actor', 'performer'],
  ['participant.member', 'performer'],
  ['careManager', 'performer'],
  ['owner', 'performer'],
  ['serviceProvider', 'performer'],
  ['asserter', 'informant'],
  ['informationSource', 'informant'],
  ['authenticator', 'verifier'],
  ['resultsInterpreter', 'verifier'],
  ['custodian', 'custodian'],
  ['managingOrganization', 'custodian']
]

/** @see https://hl7.org/fhir/R4/valueset-provenance-agent-type.html */
type AgentType = 'author' | 'performer' | 'informant' | 'verifier' | 'custodian'
const agentTypes = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type'

function agentsOf(resource: Resource): readonly ProvenanceAgent[] {
  const found = agentsAt.flatMap(([path, type]) =>
    valuesAt(resource, path)
      .filter(isAgent)
      .map((who) => agent(type, who))
  )
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()]
}

/** A reference that names somebody: not a place, nor the subject among those who take part. */
function isAgent(value: unknown): value is ProvenanceAgent['who'] {
  if (!isObject(value)) return false
  const { reference, identifier, display } = value
  if (typeof reference !== 'string') return isObject(identifier) || typeof display === 'string'
  // What an item contains is not within reach of this one.
  return !reference.startsWith('#') && !/^(Location|HealthcareService|Device)\//.test(reference)
}

const agent = (type: AgentType, who: ProvenanceAgent['who']): ProvenanceAgent => ({
  type: { coding: [{ system: agentTypes, code: type }] },
  who
})

/** Whose system holds it, and therefore who is to be asked. */
const custodian = ({ name, odsCode }: ProvenanceSource): ProvenanceAgent =>
  agent('custodian', {
    ...(odsCode !== undefined && {
      type: 'Organization',
      identifier: { system: systems.odsOrganisation, value: odsCode }
    }),
    display: name
  })

/** Of several places, as of a stay, the last. */
function placeOf(resource: Resource): Reference | undefined {
  const places = [...valuesAt(resource, 'location.location'), ...valuesAt(resource, 'location')]
  const actors = valuesAt(resource, 'participant.actor').filter(
    (value) => isObject(value) && String(value['reference']).startsWith('Location/')
  )
  return [...actors, ...places].filter(isReference).at(-1)
}

const isReference = (value: unknown): value is Reference =>
  isObject(value) &&
  (typeof value['display'] === 'string' || isObject(value['identifier']) || isNamed(value['reference']))
const isNamed = (reference: unknown): boolean => typeof reference === 'string' && !reference.startsWith('#')

const textsAt = (resource: Resource, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => valuesAt(resource, name).filter((value) => typeof value === 'string'))

function valuesAt(resource: Resource, path: string): readonly unknown[] {
  let values: readonly unknown[] = [resource]
  for (const name of path.split('.')) {
    values = values.flatMap((value) => {
      const next = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
      return next === undefined ? [] : Array.isArray(next) ? next : [next]
    })
  }
  return values
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
