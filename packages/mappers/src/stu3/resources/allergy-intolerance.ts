import {
  type AllergyIntolerance,
  type AllergyIntoleranceReaction,
  defined,
  type Extension,
  systems,
  ukCoreExtension
} from '@chesil/fhir'
import { each, type Json, some, text, texts, word } from '../../json.ts'
import { toNotes } from '../elements/annotations.ts'
import { findCode, same, toCode, toConcept, toConcepts, toRequiredConcept } from '../elements/coding.ts'
import { dayOf, toDateTime } from '../elements/dates.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import { toOnset } from '../elements/onset.ts'
import { asserters, encounters, targets, toReference } from '../elements/references.ts'
import type { Item } from '../item.ts'
import { subjectOf } from '../subject.ts'

const clinicalStatuses = same('active', 'inactive', 'resolved')
const verificationStatuses = same('unconfirmed', 'confirmed', 'refuted', 'entered-in-error')
const types = same('allergy', 'intolerance')
const categories = same('food', 'medication', 'environment', 'biologic')
const criticalities = same('low', 'high', 'unable-to-assess')
const severities = same('mild', 'moderate', 'severe')

/**
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-allergyintolerance
 * @see https://hl7.org/fhir/R4/allergyintolerance-version-maps.html
 */
export function toAllergyIntolerance(source: Json, item: Item): AllergyIntolerance {
  const extensions = extensionsOf(source)
  return defined({
    resourceType: 'AllergyIntolerance' as const,
    extension: toExtensions(extensions, item),
    identifier: toIdentifiers(source['identifier'], item),
    ...toStatuses(source, item),
    type: findCode(source['type'], types, { label: 'Type', item }),
    category: some(
      texts(source['category']).flatMap(
        (code) => findCode(code, categories, { label: 'Category', item }) ?? []
      )
    ),
    criticality: findCode(source['criticality'], criticalities, { label: 'Criticality', item }),
    code: toRequiredConcept(source['code'], 'Allergy', item),
    patient: subjectOf(item),
    encounter: toReference(
      extensions.get('encounter-associatedencounter')?.[0]?.['valueReference'],
      item,
      encounters
    ),
    ...toOnset(source, item),
    recordedDate: toDateTime(source['assertedDate'], 'Recorded date', item),
    recorder: toReference(source['recorder'], item, asserters),
    asserter: toReference(source['asserter'], item, asserters),
    lastOccurrence: toDateTime(source['lastOccurrence'], 'Last occurrence', item),
    note: toNotes(source['note'], item),
    reaction: each(source['reaction'], (reaction) => toReaction(reaction, item))
  })
}

/**
 * R4 forbids a clinical status on an allergy that was entered in error (ait-2) and wants one otherwise
 * (ait-1). An allergy in the list of ended ones is never active, whatever it says; one that says since when or
 * why it is over is not active unless it says that too.
 */
function toStatuses(
  source: Json,
  item: Item
): Pick<AllergyIntolerance, 'clinicalStatus' | 'verificationStatus'> {
  const verification = toCode(source['verificationStatus'], verificationStatuses, 'unconfirmed', {
    label: 'Verification status',
    item
  })
  const verificationStatus = {
    coding: [{ system: systems.allergyVerification, code: verification }]
  }
  if (verification === 'entered-in-error') return { verificationStatus }
  const isEnded = item.answer.endedAllergies.has(item)
  const fallback = isEnded || hasEnd(source, item.answer.asAtDay) ? 'resolved' : 'active'
  const stated = toCode(source['clinicalStatus'], clinicalStatuses, fallback, {
    label: 'Clinical status',
    item
  })
  const clinical = isEnded && stated === 'active' ? 'resolved' : stated
  if (clinical !== stated) item.unread.push('Clinical status as sent: active, in the list of ended allergies')
  return {
    clinicalStatus: { coding: [{ system: systems.allergyClinical, code: clinical }] },
    verificationStatus
  }
}

/** An end that is still to come is none. */
function hasEnd(source: Json, today: string): boolean {
  const [end] = extensionsOf(source).get('allergyintoleranceend') ?? []
  if (end === undefined) return false
  const day = dayOf(extensionsOf(end).get('enddate')?.[0]?.['valueDateTime'])
  return day === undefined || day <= today
}

/** R4 wants a manifestation; a reaction without one says so. */
function toReaction(source: Json, item: Item): AllergyIntoleranceReaction {
  return defined({
    substance: toConcept(source['substance'], 'Substance', item),
    manifestation: toConcepts(source['manifestation'], 'Manifestation', item) ?? [{ text: 'Not recorded' }],
    description: text(source['description']),
    onset: toDateTime(source['onset'], 'Reaction onset', item),
    severity: findCode(word(source['severity']), severities, { label: 'Severity', item }),
    exposureRoute: toConcept(source['exposureRoute'], 'Exposure route', item),
    note: toNotes(source['note'], item)
  })
}

function toExtensions(found: ReadonlyMap<string, readonly Json[]>, item: Item): Extension[] | undefined {
  const result: Extension[] = []
  const parts = extensionsOf(found.get('allergyintoleranceend')?.[0])
  const ended: Extension[] = []
  const endDate = toDateTime(parts.get('enddate')?.[0]?.['valueDateTime'], 'End date', item)
  if (endDate !== undefined) ended.push({ url: 'endDate', valueDateTime: endDate })
  const reason = text(parts.get('reasonended')?.[0]?.['valueString'])
  if (reason !== undefined) ended.push({ url: 'reasonEnded', valueString: reason })
  if (ended.length > 0) result.push({ url: ukCoreExtension('AllergyIntoleranceEnd'), extension: ended })
  const evidence = toReference(
    found.get('evidence')?.[0]?.['valueReference'],
    item,
    targets('DiagnosticReport')
  )
  if (evidence) result.push({ url: ukCoreExtension('Evidence'), valueReference: evidence })
  return some(result)
}
