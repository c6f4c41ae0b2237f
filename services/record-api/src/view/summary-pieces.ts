import {
  type Reconciled,
  type RecordItem,
  type SummaryDocument,
  type SummaryInput,
  summarise,
  summaryTypes,
  ungrouped
} from '@chesil/care-record'
import type { SourceCatalogue } from '@chesil/contracts'
import type { Bundle, Patient, Resource } from '@chesil/fhir'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { isEmptyList, saidOf, speakersIn } from './empty-sections.ts'
import { type Piece, toPiece } from './gzip-stream.ts'
import { reconciledOf } from './reconciled.ts'
import type { Selection } from './selection.ts'
import type { ViewItem } from './view-item.ts'

/** A summary ready to be sent, plain and compressed. */
export interface Summary {
  readonly piece: Piece
  /** Resources of the record in it. */
  readonly count: number
}

export interface SummaryOptions {
  readonly catalogue: SourceCatalogue
  readonly mayRead: SummaryInput['mayRead']
  readonly baseUrl: string
  readonly newId: () => string
}

const summaries = new WeakMap<Selection, { readonly key: string; readonly summary: Summary }>()

/**
 * The summary of what a reader may see, composed once for a selection, a day and a state of the sources. It lives as
 * long as the selection does, and one selection has one summary: the latest.
 *
 * @returns `undefined` where the reader is not shown the person.
 */
export function summaryOf(facts: PersonAnswerFacts, options: SummaryOptions): Summary | undefined {
  const { selection } = facts
  const key = saidOf(facts)
  const known = summaries.get(selection)
  if (known?.key === key) return known.summary
  const input = inputOf(facts, options)
  if (!input) return undefined
  const document = summarise(input)
  const summary = { piece: toPiece(documentBytes(document, selection)), count: document.count }
  summaries.set(selection, { key, summary })
  return summary
}

function inputOf(
  { selection, state, completeness, held, now }: PersonAnswerFacts,
  { catalogue, mayRead, baseUrl, newId }: SummaryOptions
): SummaryInput | undefined {
  const read = reading(selection)
  const patient = read(`Patient/${state.patientId}`) as Patient | undefined
  if (!patient) return undefined
  const shown = selection.items.filter(isOfSummary)
  const items: RecordItem[] = shown.map(({ key, sourceId, sections }) => ({
    key,
    resource: read(key) as Resource,
    sourceId,
    sections
  }))
  const { groups, conflicts } = amongShown(
    reconciledOf(selection, state, held !== undefined),
    shown,
    selection
  )
  return {
    patient,
    items,
    groups,
    conflicts,
    completeness,
    speakers: speakersIn(completeness, catalogue),
    mayRead,
    find: read,
    labelled: new Set(shown.filter(({ labels }) => labels !== undefined).map(({ key }) => key)),
    baseUrl,
    now,
    asAt: held?.at ?? now,
    newId
  }
}

/** As far as it is of the summary; what is of no group there stands alone. */
function amongShown(
  { groups, conflicts }: Reconciled,
  shown: readonly ViewItem[],
  { byKey }: Selection
): Reconciled {
  const keys = new Set(shown.map(({ key }) => key))
  const within = groups.flatMap((group) => {
    const members = group.members.filter(({ key }) => keys.has(key))
    const [first] = members
    return first ? [{ ...group, lead: keys.has(group.lead) ? group.lead : first.key, members }] : []
  })
  const grouped = new Set(within.flatMap(({ members }) => members.map(({ key }) => key)))
  const alone = shown.filter(({ key }) => !grouped.has(key))
  return {
    groups: [
      ...within,
      ...ungrouped(
        alone.map(({ key, sourceId, lastUpdated }) => ({ key, sourceId, confirmedAt: lastUpdated }))
      )
    ],
    // Also of what the summary itself does not show, as the person's address.
    conflicts: conflicts.filter(({ between }) => between.every((key) => byKey.has(key)))
  }
}

const isOfSummary = (item: ViewItem): boolean => summaryTypes.has(item.resourceType) || isEmptyList(item)

/** Each resource is parsed once, and only what is asked for. */
function reading({ byKey }: Selection): (key: string) => Resource | undefined {
  const parsed = new Map<string, Resource>()
  return (key) => {
    const known = parsed.get(key)
    if (known) return known
    const item = byKey.get(key)
    if (!item || item.resourceType === 'Binary') return undefined
    const resource = JSON.parse(item.body.toString()) as Resource
    parsed.set(key, resource)
    return resource
  }
}

/** What stands in the document as it stands in the record is not written anew. */
function documentBytes({ id, timestamp, security, entries }: SummaryDocument, { byKey }: Selection): Buffer {
  const at = new Date(timestamp).toISOString()
  const envelope: Bundle = {
    resourceType: 'Bundle',
    id,
    meta: {
      lastUpdated: at,
      profile: ['http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips'],
      ...(security.length > 0 && { security: [...security] })
    },
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
    type: 'document',
    timestamp: at
  }
  const written = entries.flatMap(({ fullUrl, resource, asKept }, n) => [
    Buffer.from(`${n === 0 ? '' : ','}{"fullUrl":${JSON.stringify(fullUrl)},"resource":`),
    (asKept !== undefined && byKey.get(asKept)?.body) || Buffer.from(JSON.stringify(resource)),
    Buffer.from('}')
  ])
  const opening = Buffer.from(`${JSON.stringify(envelope).slice(0, -1)},"entry":[`)
  return Buffer.concat([opening, ...written, Buffer.from(']}')])
}
