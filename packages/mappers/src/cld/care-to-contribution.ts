import type { ClaimedSubject, ContributionEntry, MessagePart, Section } from '@chesil/contracts'
import {
  type CodeableConcept,
  chesil,
  type Device,
  defined,
  type EpisodeOfCare,
  type Extension,
  type Flag,
  type Observation,
  type Organization,
  type Reference,
  type RelatedPerson,
  type Resource,
  type ServiceRequest,
  systems,
  type Task
} from '@chesil/fhir'
import { isFilledIn } from '../filled-in-number.ts'
import { itemMeta } from '../item-meta.ts'
import type { MessageContext } from '../message-context.ts'
import { toDiv } from '../paragraphs.ts'
import type { CldEvent } from './care-state.ts'
import type { CldColumn } from './columns.ts'
import type { CldRow } from './row.ts'
import { labelsOf } from './sensitive.ts'
import { eventWords } from './words.ts'

/** The part of the council's record that its extracts make up: each time whole. */
export const cldPart = 'client-level-data'

/** What an extract may tell of. */
export const cldSections = [
  'services',
  'referrals',
  'assessments',
  'alerts',
  'people'
] as const satisfies readonly Section[]

/**
 * What a council's extracts say of one person, all of it: what is not named any more is withdrawn.
 *
 * @returns nothing for somebody of whom nothing is left.
 */
export function careToPart(
  local: ClaimedSubject['local'],
  events: readonly CldEvent[],
  context: MessageContext
): MessagePart {
  const making: Making = { context, personId: context.personId(local) }
  const entries = [...events.flatMap((event) => entriesOf(event, making)), ...aboutThePerson(events, making)]
  const named = new Map(entries.map((entry) => [`${entry.resourceType}/${entry.sourceResourceId}`, entry]))
  return {
    subject: subjectOf(local, events),
    contribution: {
      mode: 'delta',
      sections: [],
      entries: [...(named.size > 0 ? [council(making)] : []), ...named.values()],
      quarantined: [],
      wholeParts: [cldPart]
    },
    identity: [],
    documents: []
  }
}

interface Making {
  readonly context: MessageContext
  readonly personId: string
}

/** As the latest submission has them. Extracts hold no names. */
function subjectOf(local: ClaimedSubject['local'], events: readonly CldEvent[]): ClaimedSubject {
  const latest = latestFirst(events)
  const first = <Value>(of: (row: CldRow) => Value | undefined) =>
    latest.map(({ row }) => of(row)).find((value) => value !== undefined)
  return defined({
    local,
    nhsNumber: first(({ nhsNumber }) => (nhsNumber && !isFilledIn(nhsNumber) ? nhsNumber : undefined)),
    birthDate: first(({ birthDate }) => birthDate),
    gender: first(({ values }) => genders.get(values.Gender?.toLowerCase() ?? ''))
  })
}

const genders: ReadonlyMap<string, NonNullable<ClaimedSubject['gender']>> = new Map([
  ['male', 'male'],
  ['female', 'female'],
  ['other', 'other'],
  ['1', 'male'],
  ['2', 'female']
])

const latestFirst = (events: readonly CldEvent[]): readonly CldEvent[] =>
  events.toSorted((a, b) =>
    a.asAt === b.asAt ? (a.row.start < b.row.start ? 1 : -1) : a.asAt < b.asAt ? 1 : -1
  )

const makers = {
  Service: ({ row, ...event }: CldEvent, making: Making) =>
    row.values.Service_Component === 'Equipment'
      ? toDevice({ row, ...event }, making)
      : toEpisode({ row, ...event }, making),
  Request: toServiceRequest,
  Assessment: toTask,
  Review: toTask
} as const

const sectionsByType = {
  Service: ['services'],
  Request: ['referrals'],
  Assessment: ['assessments'],
  Review: ['assessments']
} as const satisfies Record<CldRow['type'], readonly Section[]>

function entriesOf(event: CldEvent, making: Making): readonly ContributionEntry[] {
  const resource = makers[event.row.type](event, making)
  const provider = toProvider(event.row, making)
  return [entry(resource, event.key, sectionsByType[event.row.type]), ...(provider ? [provider] : [])]
}

const entry = (
  resource: Resource,
  sourceResourceId: string,
  sections: readonly Section[]
): ContributionEntry => ({
  resourceType: resource.resourceType,
  sourceResourceId,
  resource,
  part: cldPart,
  sections
})

/** What every item has. */
function base<Type extends Resource['resourceType']>(
  resourceType: Type,
  { key, row, ...event }: CldEvent,
  { context }: Making
) {
  const sections = sectionsByType[row.type]
  const isDoubted = row.doubts.length > 0
  const meta = itemMeta(context.source, resourceType, sections, isDoubted ? ['degraded'] : [])
  const labels = labelsOf(row)
  return {
    resourceType,
    id: context.resourceId(resourceType, key),
    meta:
      labels.length === 0
        ? meta
        : { ...meta, security: labels.map((code) => ({ system: chesil.label, code })) },
    text: {
      status: 'generated' as const,
      div: toDiv(eventWords({ key, row, ...event }, context.source.name))
    },
    extension: [
      { url: chesil.extension('as-at'), valueDate: event.asAt },
      ...(event.missingAt ? [notNamed(event.asAt, event.missingAt)] : [])
    ]
  }
}

/** Cropping is a statistician's rule: the day is derived, and nothing has ended by it. */
const notNamed = (asAt: string, missingAt: string): Extension => ({
  url: chesil.extension('not-in-latest-submission'),
  extension: [
    { url: 'submissionTo', valueDate: missingAt },
    { url: 'derivedEnd', valueDate: asAt }
  ]
})

function concept(row: CldRow, column: CldColumn): CodeableConcept | undefined {
  const value = row.values[column]
  if (value === undefined) return undefined
  const isListed = !row.doubts.some((doubt) => doubt.column === column && doubt.kind === 'not-listed')
  const system = chesil.codeSystem('client-level-data', column.toLowerCase().replaceAll('_', '-'))
  return isListed ? { coding: [{ system, code: value, display: value }], text: value } : { text: value }
}

const conceptExtension = (name: string, value: CodeableConcept | undefined): Extension[] =>
  value ? [{ url: chesil.extension(name), valueCodeableConcept: value }] : []

const patient = ({ personId }: Making): Reference<never> =>
  ({ reference: `Patient/${personId}` }) as Reference<never>

const councilReference = ({ context }: Making): Reference<Organization> => ({
  reference: `Organization/${context.resourceId('Organization', 'council')}`,
  display: context.source.name
})

function council({ context }: Making): ContributionEntry {
  const { odsCode, name } = context.source
  const resource: Organization = {
    resourceType: 'Organization',
    id: context.resourceId('Organization', 'council'),
    meta: itemMeta(context.source, 'Organization', []),
    identifier: [{ system: systems.odsOrganisation, value: odsCode }],
    active: true,
    name
  }
  return entry(resource, 'council', [])
}

/** CQC's number of the place; where a row gives none, the name. */
const providerKey = ({ values }: CldRow): string | undefined => {
  const name = values.Provider_CQC_Location_ID ?? values.Provider_CQC_Location_Name
  return name === undefined ? undefined : `provider/${name.toLowerCase()}`
}

function toProvider(row: CldRow, { context }: Making): ContributionEntry | undefined {
  const key = providerKey(row)
  if (!key) return undefined
  const { Provider_CQC_Location_ID: number, Provider_CQC_Location_Name: name } = row.values
  const resource: Organization = defined({
    resourceType: 'Organization' as const,
    id: context.resourceId('Organization', key),
    meta: itemMeta(context.source, 'Organization', ['services']),
    identifier: number ? [{ system: 'https://www.cqc.org.uk/location', value: number }] : undefined,
    name: name ?? number
  })
  return entry(resource, key, ['services'])
}

const periodOf = ({ start, end }: CldRow) => ({ start, ...(end && { end }) })

/** Whether it was over on the day that the submission speaks of. */
const isOver = ({ row: { end }, asAt }: CldEvent): boolean => end !== undefined && end <= asAt

function toEpisode(event: CldEvent, making: Making): EpisodeOfCare {
  const { row } = event
  const { extension, ...common } = base('EpisodeOfCare', event, making)
  const key = providerKey(row)
  const units = Number(row.values.Planned_units_per_week)
  return defined({
    ...common,
    extension: [
      ...extension,
      ...conceptExtension('service-category', concept(row, 'Service_Type')),
      ...conceptExtension('delivery-mechanism', concept(row, 'Delivery_Mechanism')),
      ...(row.values.Planned_units_per_week !== undefined && Number.isFinite(units)
        ? [{ url: chesil.extension('planned-units-per-week'), valueDecimal: units }]
        : []),
      ...(key
        ? [
            {
              url: chesil.extension('care-provider'),
              valueReference: defined({
                reference: `Organization/${making.context.resourceId('Organization', key)}`,
                display: row.values.Provider_CQC_Location_Name
              })
            }
          ]
        : [])
    ],
    status: isOver(event) ? ('finished' as const) : ('active' as const),
    type: conceptsOf(concept(row, 'Service_Component') ?? concept(row, 'Service_Type')),
    patient: patient(making),
    managingOrganization: councilReference(making),
    period: periodOf(row)
  })
}

const conceptsOf = (one: CodeableConcept | undefined): CodeableConcept[] | undefined =>
  one ? [one] : undefined

function toDevice(event: CldEvent, making: Making): Device {
  return defined({
    ...base('Device', event, making),
    status: isOver(event) ? ('inactive' as const) : ('active' as const),
    type: concept(event.row, 'Service_Component'),
    patient: patient(making),
    owner: councilReference(making),
    note: event.row.values.Event_Description ? [{ text: event.row.values.Event_Description }] : undefined
  })
}

function toServiceRequest(event: CldEvent, making: Making): ServiceRequest {
  const { row } = event
  const { extension, ...common } = base('ServiceRequest', event, making)
  return defined({
    ...common,
    extension: [
      ...extension,
      ...conceptExtension('route-of-access', concept(row, 'Request_Route_of_Access')),
      ...conceptExtension('outcome', concept(row, 'Event_Outcome'))
    ],
    status: isOver(event) ? ('completed' as const) : ('active' as const),
    intent: 'order' as const,
    code: { text: 'Request for adult social care' },
    subject: patient(making),
    authoredOn: row.start,
    performer: [councilReference(making)],
    note: row.values.Event_Description ? [{ text: row.values.Event_Description }] : undefined
  })
}

function toTask(event: CldEvent, making: Making): Task {
  const { row } = event
  const { extension, ...common } = base('Task', event, making)
  const isReview = row.type === 'Review'
  const outcome = concept(
    row,
    isReview && !row.values.Event_Outcome ? 'Review_Outcomes_Achieved' : 'Event_Outcome'
  )
  return defined({
    ...common,
    extension,
    status: isOver(event) ? ('completed' as const) : ('in-progress' as const),
    intent: 'plan' as const,
    code: isReview
      ? { text: 'Review of care and support' }
      : (concept(row, 'Assessment_Type') ?? { text: 'Assessment' }),
    reasonCode: concept(row, 'Review_Reason'),
    description: row.values.Event_Description,
    for: patient(making),
    executionPeriod: periodOf(row),
    owner: councilReference(making),
    output: outcome ? [{ type: { text: 'Outcome' }, valueCodeableConcept: outcome }] : undefined
  })
}

/** What each row says of the person: as the latest does. */
function aboutThePerson(events: readonly CldEvent[], making: Making): readonly ContributionEntry[] {
  const [latest] = latestFirst(events)
  if (!latest) return []
  return [...supportReasons(events, making), ...needs(latest, making), ...linkedPersons(events, making)]
}

/** Why the council supports the person: never a problem or a diagnosis, and an item of its own, with a label of its own. */
function supportReasons(events: readonly CldEvent[], making: Making): readonly ContributionEntry[] {
  const [latest] = latestFirst(events).filter(({ row }) => row.values.Primary_Support_Reason !== undefined)
  const reason = latest && concept(latest.row, 'Primary_Support_Reason')
  if (!latest || !reason) return []
  const { context } = making
  const labels = labelsOf(latest.row, 'Primary_Support_Reason')
  const resource: Observation = {
    resourceType: 'Observation',
    id: context.resourceId('Observation', 'primary-support-reason'),
    meta: {
      ...itemMeta(context.source, 'Observation', ['services']),
      ...(labels.length > 0 && { security: labels.map((code) => ({ system: chesil.label, code })) })
    },
    status: 'final',
    category: [{ coding: [{ system: systems.observationCategory, code: 'social-history' }] }],
    code: { text: 'Primary support reason' },
    subject: patient(making),
    effectiveDateTime: latest.asAt,
    performer: [councilReference(making)],
    valueCodeableConcept: reason
  }
  return [entry(resource, 'primary-support-reason', ['services'])]
}

const needNames = [
  ['Autism_Spectrum_Disorder_ASD', 'Autism'],
  ['Visual_Impairment', 'Visual impairment'],
  ['Hearing_Impairment', 'Hearing impairment'],
  ['Dementia', 'Dementia'],
  ['Has_Unpaid_Carer', 'Has an unpaid carer']
] as const satisfies readonly (readonly [CldColumn, string])[]

function needs({ row, asAt }: CldEvent, making: Making): readonly ContributionEntry[] {
  const { context } = making
  return needNames.flatMap(([column, name]) => {
    const said = row.values[column]
    if (said === undefined || !/^(?:y|yes|true|1)\b/i.test(said)) return []
    const key = `need/${column.toLowerCase()}`
    const resource: Flag = {
      resourceType: 'Flag',
      id: context.resourceId('Flag', key),
      meta: itemMeta(context.source, 'Flag', ['alerts']),
      extension: [{ url: chesil.extension('as-at'), valueDate: asAt }],
      status: 'active',
      category: [{ text: 'Need recorded by adult social care' }],
      code: { text: name },
      subject: patient(making),
      author: councilReference(making)
    }
    return [entry(resource, key, ['alerts'])]
  })
}

const linkColumns = [
  'Adult_1_Linked_Person_ID',
  'Adult_2_Linked_Person_ID',
  'Adult_3_Linked_Person_ID'
] as const

/** Whom a carer looks after, by the council's number of them. */
function linkedPersons(events: readonly CldEvent[], making: Making): readonly ContributionEntry[] {
  const { context } = making
  const numbers = new Set(
    events.flatMap(({ row }) => linkColumns.flatMap((column) => row.values[column] ?? []))
  )
  return [...numbers].map((number) => {
    const key = `linked/${number}`
    const resource: RelatedPerson = {
      resourceType: 'RelatedPerson',
      id: context.resourceId('RelatedPerson', key),
      meta: itemMeta(context.source, 'RelatedPerson', ['people']),
      identifier: [{ system: context.source.patientNumberSystem, value: number }],
      active: true,
      patient: patient(making),
      relationship: [{ text: 'Person cared for' }]
    }
    return entry(resource, key, ['people'])
  })
}
