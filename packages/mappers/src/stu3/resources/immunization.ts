import {
  type CodeableConcept,
  defined,
  type Extension,
  type Immunization,
  type ImmunizationPerformer,
  type ImmunizationProtocolApplied,
  type ImmunizationReaction,
  ukCoreExtension
} from '@chesil/fhir'
import { count, each, flag, type Json, many, one, some, text } from '../../json.ts'
import { toNotes } from '../elements/annotations.ts'
import { same, toCode, toConcept, toConcepts, toRequiredConcept } from '../elements/coding.ts'
import { toDate, toDateTime } from '../elements/dates.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import { toSimpleQuantity } from '../elements/quantity.ts'
import { encounters, organisations, targets, toReference } from '../elements/references.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'

const statuses = same('completed', 'entered-in-error', 'not-done')
const performers = targets('Practitioner', 'PractitionerRole', 'Organization')

/**
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-immunization
 * @see https://hl7.org/fhir/R4/immunization-version-maps.html
 */
export function toImmunization(source: Json, item: Item): Immunization {
  const extensions = extensionsOf(source)
  const explanation = one(source['explanation'])
  const isNotGiven = source['notGiven'] === true
  const notGiven = explanation?.['reasonNotGiven'] ?? explanation?.['notGivenReason']
  const recorded = extensions.get('daterecorded')?.[0]?.['valueDateTime']
  return defined({
    resourceType: 'Immunization' as const,
    extension: toExtensions(extensions, item),
    identifier: toIdentifiers(source['identifier'], item),
    status: toStatus(source, isNotGiven, item),
    statusReason: toConcept(notGiven, 'Reason not given', item),
    vaccineCode: toRequiredConcept(source['vaccineCode'], 'Vaccine', item),
    patient: subjectOf(item),
    encounter: toReference(source['encounter'], item, encounters),
    ...toOccurrence(source, item),
    recorded: toDateTime(recorded, 'Recorded', item),
    primarySource: flag(source['primarySource']),
    reportOrigin: toConcept(source['reportOrigin'], 'Reported by', item),
    location: toReference(source['location'], item, targets('Location')),
    manufacturer: toReference(source['manufacturer'], item, organisations),
    lotNumber: text(source['lotNumber']),
    expirationDate: toDate(source['expirationDate'], 'Expiry', item),
    site: toConcept(source['site'], 'Site', item),
    route: toConcept(source['route'], 'Route', item),
    doseQuantity: toSimpleQuantity(source['doseQuantity'], 'Dose', item),
    performer: each(source['practitioner'], (practitioner) => toPerformer(practitioner, item)),
    note: toNotes(source['note'], item, protocolNotes(source, item)),
    reasonCode: toConcepts(explanation?.['reason'], 'Reason', item),
    reaction: each(source['reaction'], (reaction) => toReaction(reaction, item)),
    protocolApplied: each(source['vaccinationProtocol'], (protocol) => toProtocol(protocol, item))
  })
}

/** A vaccination that was not given is `completed` in STU3, and says so beside it. */
function toStatus(source: Json, isNotGiven: boolean, item: Item): Immunization['status'] {
  const status = toCode(source['status'], statuses, 'completed', { label: 'Status', item })
  return isNotGiven && status !== 'entered-in-error' ? 'not-done' : status
}

/** R4 wants to know when. */
function toOccurrence(
  source: Json,
  item: Item
): { occurrenceDateTime: string } | { occurrenceString: string } {
  const occurrenceDateTime = toDateTime(source['date'], 'Date', item)
  return occurrenceDateTime === undefined
    ? { occurrenceString: text(source['date']) ?? 'Not recorded' }
    : { occurrenceDateTime }
}

function toPerformer(source: Json, item: Item): ImmunizationPerformer | undefined {
  const actor = toReference(source['actor'], item, performers)
  return actor && defined({ function: toConcept(source['role'], 'Role', item), actor })
}

function toReaction(source: Json, item: Item): ImmunizationReaction | undefined {
  const reaction = defined({
    date: toDateTime(source['date'], 'Reaction', item),
    detail: toReference(source['detail'], item, targets('Observation')),
    reported: flag(source['reported'])
  })
  return Object.keys(reaction).length > 0 ? reaction : undefined
}

/** R4 wants the number of the dose. */
function toProtocol(source: Json, item: Item): ImmunizationProtocolApplied {
  const number = count(source['doseSequence'])
  const doses = count(source['seriesDoses'])
  return defined({
    series: text(source['series']),
    authority: toReference(source['authority'], item, organisations),
    targetDisease: toConcepts(source['targetDisease'], 'Target disease', item),
    ...(number ? { doseNumberPositiveInt: number } : { doseNumberString: 'Not recorded' }),
    seriesDosesPositiveInt: doses || undefined
  })
}

/** What R4's protocol has no element for: its description, and whether the dose counts. */
function protocolNotes(source: Json, item: Item): string[] {
  return many(source['vaccinationProtocol']).flatMap((protocol) => {
    const description = text(protocol['description'])
    const status = wordsOf(toConcept(protocol['doseStatus'], 'Dose status', item))
    const reason = wordsOf(toConcept(protocol['doseStatusReason'], 'Dose status', item))
    const dose =
      status === undefined ? [] : [`Dose status: ${status}${reason === undefined ? '' : `, ${reason}`}`]
    return description === undefined ? dose : [`Protocol: ${description}`, ...dose]
  })
}

const wordsOf = (concept: CodeableConcept | undefined): string | undefined =>
  concept?.text ?? concept?.coding?.[0]?.display ?? concept?.coding?.[0]?.code

function toExtensions(found: ReadonlyMap<string, readonly Json[]>, item: Item): Extension[] | undefined {
  const result: Extension[] = []
  const stated = found.get('vaccinationprocedure')?.[0]?.['valueCodeableConcept']
  const procedure = toConcept(stated, 'Vaccination procedure', item)
  if (procedure)
    result.push({ url: ukCoreExtension('VaccinationProcedure'), valueCodeableConcept: procedure })
  const parent = flag(found.get('parentpresent')?.[0]?.['valueBoolean'])
  if (parent !== undefined) result.push({ url: ukCoreExtension('ParentPresent'), valueBoolean: parent })
  return some(result)
}
