import type { ContributionEntry, Section } from '@chesil/contracts'
import {
  type CodeableConcept,
  chesil,
  type Device,
  defined,
  type EpisodeOfCare,
  type Extension,
  type ServiceRequest,
  type Task
} from '@chesil/fhir'
import { toDiv } from '../paragraphs.ts'
import type { CldEvent } from './care-state.ts'
import { concept } from './concept.ts'
import { councilReference } from './council.ts'
import { type Making, patientReference, toItem } from './item.ts'
import { providerReference } from './providers.ts'
import type { CldRow } from './row.ts'
import { eventWords } from './words.ts'

const sectionsByType = {
  Service: ['services'],
  Request: ['referrals'],
  Assessment: ['assessments'],
  Review: ['assessments']
} as const satisfies Record<CldRow['type'], readonly Section[]>

const makers: Readonly<Record<CldRow['type'], (event: CldEvent, making: Making) => ContributionEntry>> = {
  Service: (event, making) =>
    event.row.values.Service_Component === 'Equipment' ? toDevice(event, making) : toEpisode(event, making),
  Request: toServiceRequest,
  Assessment: toTask,
  Review: toTask
}

export const toEventItem = (event: CldEvent, making: Making): ContributionEntry =>
  makers[event.row.type](event, making)

const factsOf = ({ key, row }: CldEvent) => ({
  called: ['event', key] as const,
  sections: sectionsByType[row.type],
  isDoubted: row.doubts.length > 0
})

/** What every item of an event has. */
const base = (event: CldEvent, { context }: Making) => ({
  text: { status: 'generated' as const, div: toDiv(eventWords(event, context.source.name)) },
  extension: [
    { url: chesil.extension('as-at'), valueDate: event.asAt },
    ...(event.missingAt ? [notNamed(event.asAt, event.missingAt)] : [])
  ] as Extension[]
})

/** Cropping is a statistician's rule: the day is derived, and nothing has ended by it. */
const notNamed = (asAt: string, missingAt: string): Extension => ({
  url: chesil.extension('not-in-latest-submission'),
  extension: [
    { url: 'submissionTo', valueDate: missingAt },
    { url: 'derivedEnd', valueDate: asAt }
  ]
})

const conceptExtension = (name: string, value: CodeableConcept | undefined): Extension[] =>
  value ? [{ url: chesil.extension(name), valueCodeableConcept: value }] : []

const periodOf = ({ start, end }: CldRow) => ({ start, ...(end && { end }) })

/** Whether it was over on the day that the submission speaks of. */
const isOver = ({ row: { end }, asAt }: CldEvent): boolean => end !== undefined && end <= asAt

function toEpisode(event: CldEvent, making: Making): ContributionEntry {
  const { row } = event
  const { extension, ...common } = base(event, making)
  const units = Number(row.values.Planned_units_per_week)
  const provider = providerReference(row, making)
  const component = concept(row, 'Service_Component') ?? concept(row, 'Service_Type')
  const body = defined({
    ...common,
    resourceType: 'EpisodeOfCare' as const,
    extension: [
      ...extension,
      ...conceptExtension('service-category', concept(row, 'Service_Type')),
      ...conceptExtension('delivery-mechanism', concept(row, 'Delivery_Mechanism')),
      ...(row.values.Planned_units_per_week !== undefined && Number.isFinite(units)
        ? [{ url: chesil.extension('planned-units-per-week'), valueDecimal: units }]
        : []),
      ...(provider ? [{ url: chesil.extension('care-provider'), valueReference: provider }] : [])
    ],
    status: isOver(event) ? ('finished' as const) : ('active' as const),
    type: component && [component],
    patient: patientReference(making),
    managingOrganization: councilReference(making),
    period: periodOf(row)
  })
  return toItem<EpisodeOfCare>(body, factsOf(event), making)
}

const notesOf = ({ values }: CldRow) => values.Event_Description && [{ text: values.Event_Description }]

function toDevice(event: CldEvent, making: Making): ContributionEntry {
  const body = defined({
    ...base(event, making),
    resourceType: 'Device' as const,
    status: isOver(event) ? ('inactive' as const) : ('active' as const),
    type: concept(event.row, 'Service_Component'),
    patient: patientReference(making),
    owner: councilReference(making),
    note: notesOf(event.row) || undefined
  })
  return toItem<Device>(body, factsOf(event), making)
}

function toServiceRequest(event: CldEvent, making: Making): ContributionEntry {
  const { row } = event
  const { extension, ...common } = base(event, making)
  const body = defined({
    ...common,
    resourceType: 'ServiceRequest' as const,
    extension: [
      ...extension,
      ...conceptExtension('route-of-access', concept(row, 'Request_Route_of_Access')),
      ...conceptExtension('outcome', concept(row, 'Event_Outcome'))
    ],
    status: isOver(event) ? ('completed' as const) : ('active' as const),
    intent: 'order' as const,
    code: { text: 'Request for adult social care' },
    subject: patientReference(making),
    authoredOn: row.start,
    performer: [councilReference(making)],
    note: notesOf(row) || undefined
  })
  return toItem<ServiceRequest>(body, factsOf(event), making)
}

function toTask(event: CldEvent, making: Making): ContributionEntry {
  const { row } = event
  const isReview = row.type === 'Review'
  const outcome = concept(
    row,
    isReview && !row.values.Event_Outcome ? 'Review_Outcomes_Achieved' : 'Event_Outcome'
  )
  const body = defined({
    ...base(event, making),
    resourceType: 'Task' as const,
    status: isOver(event) ? ('completed' as const) : ('in-progress' as const),
    intent: 'plan' as const,
    code: isReview
      ? { text: 'Review of care and support' }
      : (concept(row, 'Assessment_Type') ?? { text: 'Assessment' }),
    reasonCode: concept(row, 'Review_Reason'),
    description: row.values.Event_Description,
    for: patientReference(making),
    executionPeriod: periodOf(row),
    owner: councilReference(making),
    output: outcome ? [{ type: { text: 'Outcome' }, valueCodeableConcept: outcome }] : undefined
  })
  return toItem<Task>(body, factsOf(event), making)
}
