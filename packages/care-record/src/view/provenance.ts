import {
  chesil,
  findDateInterval,
  type Period,
  type Provenance,
  type Reference,
  type Resource,
  ukCoreProfile
} from '@chesil/fhir'
import { isObject, valuesIn } from './element-values.ts'
import { agentsOf, custodian, type ProvenanceSource } from './provenance-agents.ts'

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
    const [value] = valuesIn(resource, name)
    if (typeof value === 'string') return { occurredDateTime: value }
    if (isObject(value)) return { occurredPeriod: value as Period }
  }
  return {}
}

/** Of several places, as of a stay, the last at which somebody was. */
function placeOf(resource: Resource): Reference | undefined {
  const stays = valuesIn(resource, 'location').filter(
    (stay) => !isObject(stay) || (stay['status'] !== 'planned' && stay['status'] !== 'reserved')
  )
  const places = [...stays.flatMap((stay) => valuesIn(stay, 'location')), ...stays]
  const actors = valuesIn(resource, 'participant.actor').filter(
    (value) => isObject(value) && String(value['reference']).startsWith('Location/')
  )
  return [...actors, ...places].filter(isReference).at(-1)
}

const isReference = (value: unknown): value is Reference =>
  isObject(value) &&
  (typeof value['display'] === 'string' || isObject(value['identifier']) || isNamed(value['reference']))
const isNamed = (reference: unknown): boolean => typeof reference === 'string' && !reference.startsWith('#')

const textsAt = (resource: Resource, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => valuesIn(resource, name).filter((value) => typeof value === 'string'))
