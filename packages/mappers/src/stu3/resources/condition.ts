import {
  type CodeableConcept,
  type Condition,
  type ConditionEvidence,
  type ConditionStage,
  defined,
  type Extension,
  systems,
  ukCoreExtension
} from '@chesil/fhir'
import { each, flag, isJson, type Json, many, some, text, word } from '../../json.ts'
import { toNotes } from '../elements/annotations.ts'
import { findCode, same, toCode, toConcept, toConcepts, toRequiredConcept } from '../elements/coding.ts'
import { dayOf, toDateTime, toPeriod } from '../elements/dates.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import { toOnset } from '../elements/onset.ts'
import { quantityText, toAge, toRange } from '../elements/quantity.ts'
import { asserters, encounters, targets, toReference, toReferences } from '../elements/references.ts'
import { keepAsText } from '../elements/unread.ts'
import type { Item } from '../item.ts'
import { setOf } from '../section-set.ts'
import { subjectOf } from '../subject.ts'

const clinicalStatuses = same('active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved')
/** STU3 also has `unknown`, which R4 says by leaving it out. */
const verificationStatuses = same('provisional', 'differential', 'confirmed', 'refuted', 'entered-in-error')
const significances = same('major', 'minor')
const relationships = same('merge-combine', 'nesting', 'evolve', 'parent', 'child', 'sibling')
const assessments = targets('ClinicalImpression', 'DiagnosticReport', 'Observation')
const inProblems = setOf('problems')

/**
 * A GP Connect problem header. UK Core retired the four extensions of problems as particular to GP Connect;
 * their URLs still say what is meant.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-condition
 */
export function toCondition(source: Json, item: Item): Condition {
  const verification = source['verificationStatus'] === 'unknown' ? undefined : source['verificationStatus']
  const verified = findCode(verification, verificationStatuses, { label: 'Verification status', item })
  // R4 forbids it there (con-5).
  const clinicalStatus = verified === 'entered-in-error' ? undefined : toClinicalStatus(source, item)
  return defined({
    resourceType: 'Condition' as const,
    extension: toExtensions(source, item),
    identifier: toIdentifiers(source['identifier'], item),
    clinicalStatus: clinicalStatus && {
      coding: [{ system: systems.conditionClinical, code: clinicalStatus }]
    },
    verificationStatus: verified && { coding: [{ system: systems.conditionVerification, code: verified }] },
    category: toCategories(source['category'], item),
    severity: toConcept(source['severity'], 'Severity', item),
    code: toRequiredConcept(source['code'], 'Problem', item),
    bodySite: toConcepts(source['bodySite'], 'Body site', item),
    subject: subjectOf(item),
    encounter: toReference(source['context'], item, encounters),
    ...toOnset(source, item),
    ...toAbatement(source, item, clinicalStatus),
    recordedDate: toDateTime(source['assertedDate'], 'Recorded date', item),
    asserter: toReference(source['asserter'], item, asserters),
    stage: each(source['stage'], (stage) => toStage(stage, item)),
    evidence: each(source['evidence'], (evidence) => toEvidence(evidence, item)),
    note: toNotes(source['note'], item, [toEnded(source['abatementBoolean'])])
  })
}

const toClinicalStatus = (source: Json, item: Item) =>
  toCode(source['clinicalStatus'], clinicalStatuses, hasAbated(source, item) ? 'inactive' : 'active', {
    label: 'Clinical status',
    item
  })

const ends = ['abatementDateTime', 'abatementAge', 'abatementPeriod', 'abatementRange', 'abatementString']

/** An end that is still to come is none. */
function hasAbated(source: Json, { answer }: Item): boolean {
  const day = dayOf(source['abatementDateTime'])
  if (day !== undefined) return day <= answer.asAtDay
  return flag(source['abatementBoolean']) ?? ends.some((element) => (source[element] ?? '') !== '')
}

const baseCategories = new Set(['problem-list-item', 'encounter-diagnosis'])

/** CareConnect's category codes are R4's own, but for two that UK Core took over. */
function toCategories(value: unknown, item: Item): CodeableConcept[] {
  const found = toConcepts(value, 'Category', item) ?? [
    {
      coding: [{ system: systems.conditionCategory, code: 'problem-list-item', display: 'Problem List Item' }]
    }
  ]
  for (const coding of found.flatMap((concept) => concept.coding ?? [])) {
    if (!coding.system?.includes('CareConnect-ConditionCategory')) continue
    const isBase = baseCategories.has(coding.code ?? '')
    coding.system = isBase
      ? systems.conditionCategory
      : 'https://fhir.hl7.org.uk/CodeSystem/UKCore-ConditionCategory'
  }
  return found
}

const over: ReadonlySet<string | undefined> = new Set(['inactive', 'resolved', 'remission'])

/** R4 lets a problem end only where its status says that it is over (con-4): any other end is kept as text. */
function toAbatement(source: Json, item: Item, clinicalStatus: string | undefined): Abatement {
  const end = readAbatement(source, item)
  if (end === undefined || over.has(clinicalStatus)) return end?.abatement ?? {}
  keepAsText(end.words, 'End', item)
  return {}
}

type Abatement = Pick<
  Condition,
  'abatementDateTime' | 'abatementAge' | 'abatementPeriod' | 'abatementRange' | 'abatementString'
>

/** R4 allows one of them. */
function readAbatement(
  source: Json,
  item: Item
): { readonly abatement: Abatement; readonly words: string | undefined } | undefined {
  const abatementDateTime = toDateTime(source['abatementDateTime'], 'End', item)
  if (abatementDateTime !== undefined) return { abatement: { abatementDateTime }, words: abatementDateTime }
  const abatementPeriod = toPeriod(source['abatementPeriod'], 'End', item)
  if (abatementPeriod) {
    return { abatement: { abatementPeriod }, words: abatementPeriod.end ?? abatementPeriod.start }
  }
  const abatementAge = toAge(source['abatementAge'], 'End', item)
  if (abatementAge) return { abatement: { abatementAge }, words: quantityText(source['abatementAge']) }
  const abatementRange = toRange(source['abatementRange'], 'End', item)
  if (abatementRange) {
    const { low, high } = abatementRange
    return { abatement: { abatementRange }, words: `${quantityText(low)} to ${quantityText(high)}` }
  }
  const abatementString = text(source['abatementString'])
  return abatementString === undefined
    ? undefined
    : { abatement: { abatementString }, words: abatementString }
}

/** R4 has no word for it but the status, which need not say the same. */
function toEnded(value: unknown): string | undefined {
  const isEnded = flag(value)
  return isEnded === undefined ? undefined : `Ended: ${isEnded ? 'yes' : 'no'}`
}

/** R4 allows several, each with something in it (con-1). */
function toStage(source: Json, item: Item): ConditionStage | undefined {
  const stage = defined({
    summary: toConcept(source['summary'], 'Stage', item),
    assessment: toReferences(source['assessment'], item, assessments)
  })
  return Object.keys(stage).length > 0 ? stage : undefined
}

function toEvidence(source: Json, item: Item): ConditionEvidence | undefined {
  const evidence = defined({
    code: toConcepts(source['code'], 'Evidence', item),
    detail: toReferences(source['detail'], item, undefined)
  })
  return Object.keys(evidence).length > 0 ? evidence : undefined
}

function toExtensions(source: Json, item: Item): Extension[] | undefined {
  const found = extensionsOf(source)
  const result: Extension[] = []
  const significance = toSignificance(found.get('problemsignificance')?.[0], item)
  if (significance) result.push({ url: ukCoreExtension('ProblemSignificance'), valueCode: significance })
  for (const actual of found.get('actualproblem') ?? []) {
    result.push(...toLink('ActualProblem', actual, item))
  }
  for (const content of found.get('relatedclinicalcontent') ?? []) {
    result.push(...toLink('RelatedClinicalContent', content, item))
  }
  for (const header of found.get('relatedproblemheader') ?? []) result.push(...toRelatedProblem(header, item))
  return some(result)
}

/** The text alone, or inside a coding as an early sample has it. */
function toSignificance(extension: Json | undefined, item: Item): string | undefined {
  const value = extension?.['valueCode']
  const code = isJson(value) || Array.isArray(value) ? many(value)[0]?.['code'] : value
  return findCode(word(code)?.toLowerCase(), significances, { label: 'Significance', item })
}

function toLink(name: string, extension: Json, item: Item): Extension[] {
  const valueReference = toReference(extension['valueReference'], item, undefined, {
    bond: 'part',
    only: inProblems
  })
  return valueReference ? [{ url: ukCoreExtension(name), valueReference }] : []
}

/** Also on lists, where the target may stand in the extension itself. */
export function toRelatedProblem(extension: Json, item: Item): Extension[] {
  const parts = extensionsOf(extension)
  const target = parts.get('target')?.[0]?.['valueReference'] ?? extension['valueReference']
  const valueReference = toReference(target, item, targets('Condition'), { bond: 'part', only: inProblems })
  if (valueReference === undefined) {
    item.unread.push('A related problem was not named')
    return []
  }
  const stated = word(parts.get('type')?.[0]?.['valueCode'])?.toLowerCase()
  const type = findCode(stated, relationships, { label: 'Relation to another problem', item })
  const inner: Extension[] = type === undefined ? [] : [{ url: 'type', valueCode: type }]
  return [
    { url: ukCoreExtension('RelatedProblemHeader'), extension: [...inner, { url: 'target', valueReference }] }
  ]
}
