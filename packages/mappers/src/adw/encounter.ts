import type { ContributionEntry, ItemEvent } from '@chesil/contracts'
import { type Coding, defined, type Encounter, type Reference, systems } from '@chesil/fhir'
import { unreadMarks } from '../hl7v2/elements/marks.ts'
import { itemMeta } from '../item-meta.ts'
import type { BundleEntry } from '../itk3/bundle-entries.ts'
import { one, text, word } from '../json.ts'
import { isAnswer } from './events.ts'
import { withLabels } from './labels.ts'
import { findStayNumber, stayKey } from './numbers.ts'
import { hospitalOf, toOrganisation, toPractitioner } from './organisations.ts'
import { findTarget } from './references.ts'
import type { Telling } from './telling.ts'
import { concept, dateTime } from './words.ts'

/**
 * What R4 has no element for, under the names that FHIR gives to those of R5.
 *
 * @see https://hl7.org/fhir/R4/versions.html#extensions
 */
const plannedStart = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedStartDate'
export const plannedDischarge =
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate'

const inpatient: Coding = { system: systems.actCode, code: 'IMP', display: 'inpatient encounter' }

/** DSTU2's own codes. Notices are about people who stay in hospital: it says so even where a sender does not. */
const classes: ReadonlyMap<string, Coding> = new Map([
  ['inpatient', inpatient],
  ['outpatient', { system: systems.actCode, code: 'AMB', display: 'ambulatory' }],
  ['ambulatory', { system: systems.actCode, code: 'AMB', display: 'ambulatory' }],
  ['emergency', { system: systems.actCode, code: 'EMER', display: 'emergency' }],
  ['daytime', { system: systems.actCode, code: 'SS', display: 'short stay' }]
])

const statuses: ReadonlySet<string> = new Set([
  ...['planned', 'arrived', 'in-progress', 'onleave', 'finished', 'cancelled']
])

const attender = {
  coding: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
      code: 'ATND',
      display: 'attender'
    }
  ]
}

/** Of a withdrawal: the date that it takes back is planned no more. */
const withdrawsDischarge = ({ event }: Telling): boolean =>
  event.says === 'withdrawal' && event.of.includes('discharge')

/**
 * What a message says of the stay: one event of its Encounter. Only the hospital's messages say anything; a council's
 * answer names the stay alone. An event has no time: the notice was sent at one, nothing happened to the stay then.
 *
 * @returns nothing for a stay without a number.
 */
export function encounterEntry(telling: Telling): ContributionEntry[] {
  const { message, context, personId, event } = telling
  const key = stayKey(message)
  const number = findStayNumber(message)
  if (key === undefined || number === undefined) return []
  const base: Encounter = {
    resourceType: 'Encounter',
    id: context.resourceId('Encounter', key),
    meta: itemMeta(context.source, 'Encounter', ['admissions']),
    identifier: [number],
    status: 'unknown',
    class: inpatient,
    subject: { reference: `Patient/${personId}` }
  }
  const told =
    message.encounter && !isAnswer(event) ? withLabels(tell(message.encounter, telling)) : { set: {} }
  return [
    {
      resourceType: 'Encounter',
      sourceResourceId: key,
      sections: ['admissions'],
      event: { base, kind: event.says, ...told }
    }
  ]
}

function tell(stay: BundleEntry, telling: Telling): Pick<ItemEvent, 'set' | 'clear'> {
  const unread: string[] = []
  const { source } = stay
  const status = word(source['status']) ?? ''
  const set = defined({
    status: statuses.has(status) ? status : undefined,
    class: classes.get(word(source['class']) ?? ''),
    priority: concept(source['priority']),
    reasonCode: reasonOf(stay, telling),
    location: locationOf(stay, telling),
    serviceProvider: providerOf(stay, telling),
    'participant#ATND': clinicianOf(telling),
    ...datesOf(source['period'], status, unread)
  })
  const marks = unreadMarks('Encounter', unread)
  return {
    set: { ...set, ...marks.set },
    clear: [...marks.clear, ...(withdrawsDischarge(telling) ? [plannedDischarge] : [])]
  }
}

/** The end of the period is the day on which discharge is planned, whatever the status: no notice tells of one. */
function datesOf(value: unknown, status: string, unread: string[]): Record<string, unknown> {
  const period = one(value)
  const start = dateTime(period?.['start'], 'Admitted', unread)
  const end = dateTime(period?.['end'], 'Discharge planned', unread)
  const isPlanned = status === 'planned'
  return {
    'period.start': isPlanned ? undefined : start,
    [plannedStart]: isPlanned && start !== undefined ? { valueDateTime: start } : undefined,
    [plannedDischarge]: end === undefined ? undefined : { valueDateTime: end }
  }
}

/** What the person was admitted with. */
export function admittingDiagnosisOf(stay: BundleEntry, { message }: Pick<Telling, 'message'>) {
  const named = one(one(stay.source['hospitalization'])?.['admittingDiagnosis'])
  return findTarget(named, 'Condition', stay, message.entries)
}

function reasonOf(stay: BundleEntry, telling: Telling): Encounter['reasonCode'] {
  const reason =
    concept(admittingDiagnosisOf(stay, telling)?.source['code']) ?? concept(one(stay.source['reason']))
  return reason && [reason]
}

function locationOf(stay: BundleEntry, { message }: Telling): Encounter['location'] {
  const reference = one(one(stay.source['location'])?.['location'])
  const place = findTarget(reference, 'Location', stay, message.entries)
  const display = text(place?.source['name']) ?? text(reference?.['display'])
  return display === undefined ? undefined : [{ location: { type: 'Location', display } }]
}

function providerOf(stay: BundleEntry, { message }: Telling): Reference | undefined {
  const provider = findTarget(stay.source['serviceProvider'], 'Organization', stay, message.entries)
  return toOrganisation(provider, message, hospitalOf(message))
}

function clinicianOf({ message }: Telling): Encounter['participant'] {
  const { header, entries } = message
  const clinician = findTarget(header.source['responsible'], 'Practitioner', header, entries)
  const individual = toPractitioner(clinician, message)
  return individual && [{ type: [attender], individual }]
}
