import {
  type CodeableConcept,
  type Condition,
  defined,
  type Extension,
  systems,
  ukCoreExtension
} from '@chesil/fhir'
import { toNotes } from '../elements/annotations.ts'
import { findCode, same, toCode, toConcept, toConcepts, toRequiredConcept } from '../elements/coding.ts'
import { toDateTime, toPeriod } from '../elements/dates.ts'
import { extensionsOf } from '../elements/extensions.ts'
import { toIdentifiers } from '../elements/identifiers.ts'
import { isJson, type Json, many, some, text, word } from '../elements/json.ts'
import { toOnset } from '../elements/onset.ts'
import { asserters, encounters, targets, toReference } from '../elements/references.ts'
import { keepAsText } from '../elements/unread.ts'
import type { Item } from '../item.ts'
import { setOf } from '../section-set.ts'
import { subjectOf } from '../subject.ts'

const clinicalStatuses = same('active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved')
/** STU3 also has `unknown`, which R4 says by leaving it out. */
const verificationStatuses = same('provisional', 'differential', 'confirmed', 'refuted', 'entered-in-error')
const significances = same('major', 'minor')
const relationships = same('merge-combine', 'nesting', 'evolve', 'parent', 'child', 'sibling')
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
    note: toNotes(source['note'], item)
  })
}

const toClinicalStatus = (source: Json, item: Item) =>
  toCode(source['clinicalStatus'], clinicalStatuses, 'active', { label: 'Clinical status', item })

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
function toAbatement(
  source: Json,
  item: Item,
  clinicalStatus: string | undefined
): Pick<Condition, 'abatementDateTime' | 'abatementPeriod' | 'abatementString'> {
  const abatementDateTime = toDateTime(source['abatementDateTime'], 'End', item)
  const abatementPeriod = toPeriod(source['abatementPeriod'], 'End', item)
  const abatementString = text(source['abatementString'])
  const isEnded = abatementDateTime ?? abatementPeriod ?? abatementString
  if (isEnded !== undefined && !over.has(clinicalStatus)) {
    const end = abatementDateTime ?? abatementPeriod?.end ?? abatementPeriod?.start ?? abatementString
    keepAsText(end, 'End', item)
    return {}
  }
  if (abatementDateTime !== undefined) return { abatementDateTime }
  return defined(abatementPeriod ? { abatementPeriod } : { abatementString })
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
