import type { ContributionEntry, Section } from '@chesil/contracts'
import {
  type CodeableConcept,
  chesil,
  type Device,
  defined,
  type EpisodeOfCare,
  type Extension,
  type Flag,
  type ServiceRequest,
  type Task,
  type TaskOutput
} from '@chesil/fhir'
import { some } from '../json.ts'
import { toDiv } from '../paragraphs.ts'
import { isOpen, openDescription } from './beside.ts'
import type { CldEvent } from './care-state.ts'
import { concept, conceptsIn, valuesIn } from './concept.ts'
import { councilReference } from './council.ts'
import { type Called, type Making, patientReference, toItem } from './item.ts'
import { providerReference } from './providers.ts'
import type { CldRow } from './row.ts'
import { isOpenService, isOver, isPlanned, periodOf } from './span.ts'
import { plannedUnits } from './units.ts'
import { eventWords } from './words.ts'

const sectionsByType = {
  Service: ['services'],
  Request: ['referrals'],
  Assessment: ['assessments'],
  Review: ['assessments']
} as const satisfies Record<CldRow['type'], readonly Section[]>

type Maker = (event: CldEvent, making: Making) => readonly ContributionEntry[]

const makers: Readonly<Record<CldRow['type'], Maker>> = {
  Service: (event, making) => [
    ...(event.row.values.Service_Component === 'Equipment' ? toDevices : toEpisode)(event, making),
    ...toSensitiveNotes(event, making)
  ],
  Request: toServiceRequest,
  Assessment: toTask,
  Review: toTask
}

export const toEventItems: Maker = (event, making) => makers[event.row.type](event, making)

const factsOf = ({ rows, row }: CldEvent, called: Called) => ({
  called,
  sections: sectionsByType[row.type],
  isDoubted: rows.some(({ doubts }) => doubts.length > 0)
})

/** What every item of an event has. */
const base = (event: CldEvent, { context }: Making) => ({
  text: { status: 'generated' as const, div: toDiv(eventWords(event, context.source.name)) },
  extension: [{ url: chesil.extension('as-at'), valueDate: event.asAt }, ...notNamed(event)] as Extension[]
})

/** Cropping is a statistician's rule: the day is derived, and nothing has ended by it. */
function notNamed(event: CldEvent): readonly Extension[] {
  const { asAt, missingAt } = event
  if (missingAt === undefined) return []
  const isCropped = isOpenService(event) && missingAt > asAt
  return [
    {
      url: chesil.extension('not-in-latest-submission'),
      extension: [
        { url: 'submissionTo', valueDate: missingAt },
        ...(isCropped ? [{ url: 'derivedEnd', valueDate: asAt }] : [])
      ]
    }
  ]
}

const conceptExtensions = (name: string, values: readonly CodeableConcept[]): readonly Extension[] =>
  values.map((valueCodeableConcept) => ({ url: chesil.extension(name), valueCodeableConcept }))

function toEpisode(event: CldEvent, making: Making): readonly ContributionEntry[] {
  const { key, row, rows } = event
  const { extension, ...common } = base(event, making)
  const component = concept(row, 'Service_Component') ?? concept(row, 'Service_Type')
  const body = defined({
    ...common,
    resourceType: 'EpisodeOfCare' as const,
    extension: [
      ...extension,
      ...conceptExtensions('service-category', conceptsIn(rows, 'Service_Type')),
      ...conceptExtensions('delivery-mechanism', conceptsIn(rows, 'Delivery_Mechanism')),
      ...unitsIn(rows),
      ...providersIn(rows, making),
      ...descriptionsIn(rows)
    ],
    status: isPlanned(event)
      ? ('planned' as const)
      : isOver(event)
        ? ('finished' as const)
        : ('active' as const),
    type: component && [component],
    patient: patientReference(making),
    managingOrganization: councilReference(making),
    period: periodOf(event)
  })
  return [toItem<EpisodeOfCare>(body, factsOf(event, ['event', key]), making)]
}

/** Of each row: two staff with seven units each are not one with seven. */
const unitsIn = (rows: readonly CldRow[]): readonly Extension[] =>
  rows.flatMap((row) => {
    const units = plannedUnits(row)
    return units === undefined
      ? []
      : [{ url: chesil.extension('planned-units-per-week'), valueDecimal: units }]
  })

function providersIn(rows: readonly CldRow[], making: Making): readonly Extension[] {
  const references = rows.flatMap((row) => providerReference(row, making) ?? [])
  const named = new Map(references.map((reference) => [reference.reference, reference]))
  return [...named.values()].map((valueReference) => ({
    url: chesil.extension('care-provider'),
    valueReference
  }))
}

const descriptionsIn = (rows: readonly CldRow[]): readonly Extension[] =>
  [...new Set(rows.flatMap((row) => openDescription(row) ?? []))].map((valueString) => ({
    url: chesil.extension('description'),
    valueString
  }))

const notes = (texts: readonly string[]) => some(texts.map((text) => ({ text })))

/** Each thing is one: a bed and a commode that came on one day are two rows of one event. */
function toDevices(event: CldEvent, making: Making): readonly ContributionEntry[] {
  const things = Map.groupBy(event.rows, ({ values }) => values.Event_Description?.toLowerCase() ?? '')
  return [...things].map(([description, [first = event.row, ...others]]) => {
    const thing: CldEvent = { ...event, rows: [first, ...others], row: others.at(-1) ?? first }
    const body = defined({
      ...base(thing, making),
      resourceType: 'Device' as const,
      status: isOver(thing) || isPlanned(thing) ? ('inactive' as const) : ('active' as const),
      statusReason: isPlanned(thing) ? [notReady] : undefined,
      type: concept(first, 'Service_Component'),
      patient: patientReference(making),
      owner: councilReference(making),
      note: notes(valuesIn(thing.rows, 'Event_Description').filter(isOpen))
    })
    return toItem<Device>(body, factsOf(thing, ['event', event.key, description]), making)
  })
}

const notReady = {
  coding: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/device-status-reason',
      code: 'not-ready',
      display: 'Not Ready'
    }
  ]
}

/** What was written beside a service and is not for everybody who may know of the service; see `beside.ts`. */
const toSensitiveNotes: Maker = (event, making) =>
  valuesIn(event.rows, 'Event_Description')
    .filter((description) => !isOpen(description))
    .map((description) =>
      toItem<Flag>(
        {
          resourceType: 'Flag',
          extension: [{ url: chesil.extension('as-at'), valueDate: event.asAt }],
          status: isOver(event) ? 'inactive' : 'active',
          category: [{ text: 'Noted by adult social care beside a service' }],
          code: { text: description },
          subject: patientReference(making),
          period: periodOf(event),
          author: councilReference(making)
        },
        { called: ['note', event.key, description], sections: ['alerts'] },
        making
      )
    )

function toServiceRequest(event: CldEvent, making: Making): readonly ContributionEntry[] {
  const { key, row, rows } = event
  const { extension, ...common } = base(event, making)
  const body = defined({
    ...common,
    resourceType: 'ServiceRequest' as const,
    extension: [
      ...extension,
      ...conceptExtensions('route-of-access', conceptsIn(rows, 'Request_Route_of_Access')),
      ...conceptExtensions('outcome', conceptsIn(rows, 'Event_Outcome'))
    ],
    status: isOver(event) ? ('completed' as const) : ('active' as const),
    intent: 'order' as const,
    code: { text: 'Request for adult social care' },
    subject: patientReference(making),
    authoredOn: row.start,
    performer: [councilReference(making)],
    note: notes(valuesIn(rows, 'Event_Description'))
  })
  return [toItem<ServiceRequest>(body, factsOf(event, ['event', key]), making)]
}

function toTask(event: CldEvent, making: Making): readonly ContributionEntry[] {
  const { key, row, rows } = event
  const body = defined({
    ...base(event, making),
    resourceType: 'Task' as const,
    status: isPlanned(event)
      ? ('requested' as const)
      : isOver(event)
        ? ('completed' as const)
        : ('in-progress' as const),
    intent: 'plan' as const,
    code:
      row.type === 'Review'
        ? { text: 'Review of care and support' }
        : (concept(row, 'Assessment_Type') ?? { text: 'Assessment' }),
    reasonCode: joined(valuesIn(rows, 'Review_Reason'), (text) => ({ text })),
    description: joined(valuesIn(rows, 'Event_Description'), (text) => text),
    for: patientReference(making),
    executionPeriod: periodOf(event),
    owner: councilReference(making),
    output: some(outputsOf(rows))
  })
  return [toItem<Task>(body, factsOf(event, ['event', key]), making)]
}

/** Where R4 has room for one and rows say several. */
const joined = <Value>(texts: readonly string[], wrap: (text: string) => Value): Value | undefined =>
  texts.length === 0 ? undefined : wrap(texts.join('; '))

const outcomeColumns = [
  ['Event_Outcome', 'Outcome'],
  ['Review_Outcomes_Achieved', 'Outcomes achieved'],
  ['Eligible_Needs_Identified', 'Eligible needs identified']
] as const

const outputsOf = (rows: readonly CldRow[]): readonly TaskOutput[] =>
  outcomeColumns.flatMap(([column, text]) =>
    conceptsIn(rows, column).map((valueCodeableConcept) => ({ type: { text }, valueCodeableConcept }))
  )
